"""The page of the auto-encoder: numbers of the tables, empty states, names that bite."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from given_back import HOSTILE, MAIN, N_HELD_OUT, TYPES, given_back, without_rows
from pages import data_of, flat
from PIL import Image

from anomalylab.metrics import rate_interval
from anomalylab.number_words import fixed, percent
from anomalylab.pictures.colours import rgb
from anomalylab.recipes.autoencoder.published import published
from anomalylab.reports import autoencoder as parts
from anomalylab.reports.autoencoder.curves import f1_words, why_no_f1
from anomalylab.reports.autoencoder.follows import concluded, follows, not_concluded
from anomalylab.reports.autoencoder.headline import asked, tiles, warnings
from anomalylab.reports.autoencoder.latents import compared_trainings, flattened
from anomalylab.reports.autoencoder.overlays import counted_words, level_of, overlay, usual_taus
from anomalylab.reports.autoencoder.words import promise

PARTS = ("called", "values", "latents", "curves", "printed", "overlays")


@pytest.fixture(scope="module")
def made():
    return given_back()


@pytest.fixture(scope="module")
def shown(made):
    return {name: getattr(parts, name)(made.found) for name in PARTS}


def test_the_answer_says_what_is_found_at_which_threshold_and_how_certain(made):
    at = {tile["title"]: tile for tile in tiles(made.found)}
    tau = made.steps[120]
    is_called = [one.residual > tau for one in made.images]
    found = sum(int((c & one.mask).sum()) for c, one in zip(is_called, made.images, strict=True))
    n_defective = sum(int(one.mask.sum()) for one in made.images)
    n_called = sum(int(c.sum()) for c in is_called)
    assert at["Defective pixels called"]["value"] == percent(found / n_defective)
    assert at["Called pixels defective"]["value"] == percent(found / n_called)
    hit = [c.any() for c, one in zip(is_called, made.images, strict=True) if one.label]
    assert at["Defective images found"]["value"] == f"{sum(hit)} of {len(hit)}"
    low, high = rate_interval(sum(hit), len(hit))
    assert f"{percent(low)} and {percent(high)}" in at["Defective images found"]["note"]
    assert "from images left out" in at["Threshold τ"]["note"]
    said = asked(made.found)
    assert "No defect and no label was needed" in said
    assert "through 16 numbers" in said
    assert warnings(made.found) == []


@pytest.mark.parametrize(
    ("n_unlabelled", "words"), [(0, "good"), (3, "partly labelled"), (999, "unlabelled")]
)
def test_images_are_called_good_only_if_they_are_labelled_so(made, n_unlabelled, words):
    about = replace(made.found.about, n_unlabelled=n_unlabelled)
    found = replace(made.found, about=about)
    held = f"{N_HELD_OUT} {words} images"
    assert f"that knows only {words} images of" in asked(found)
    told = [*not_concluded(found), promise(about, 0, 0), parts.latents(found).html]
    assert held in told[0]
    assert held in promise(about, 0, 0)
    assert f"What is left of {words} images held out" in parts.latents(found).html
    assert any("have no label" in one for one in told) == (n_unlabelled > 0)


def test_an_oracle_that_stands_alone_is_a_warning(made):
    found = given_back().found
    only = found.tables.taus["method"] == "f1_oracle"
    object.__setattr__(found.tables, "taus", found.tables.taus[only])
    assert "looking at the answers" in warnings(found)[0]
    assert "every defective pixel" in asked(found)


def test_the_scripts_get_the_table_of_every_threshold(made, shown):
    data = data_of(shown["called"])
    table = made.found.tables.tau_curve
    assert [one["name"] for one in data["types"]] == ["all", *TYPES]
    for average, of_average in zip(data["averages"], data["curves"], strict=True):
        for one, curve in zip(data["types"], of_average, strict=True):
            own = table[(table["average"] == average) & (table["defect_type"] == one["name"])]
            for rate in data["rates"]:
                assert curve[rate["key"]] == pytest.approx(own[rate["key"]].to_list(), abs=1e-5)
    assert [one["level"] for one in data["taus"]] == made.found.tables.taus["level"].to_list()
    assert [one["usesLabels"] for one in data["taus"]] == [False, False, True]
    labels = [one["label"] for one in data["images"]]
    assert labels == sorted(labels, reverse=True)


def test_overlays_colour_what_exceeds_the_threshold_and_outline_the_truth(made):
    levels = np.zeros((300, 300), np.uint8)
    levels[100:200, 100:200], levels[:50] = 90, 89
    truth = np.zeros((300, 300), bool)
    truth[220:260, 220:260] = True
    grey = io.BytesIO()
    Image.fromarray(np.full((300, 300, 3), 100, np.uint8)).save(grey, "PNG")
    drawn = np.asarray(Image.open(io.BytesIO(overlay(grey.getvalue(), levels, truth, 89))))
    amber = 0.25 * 100 + 0.75 * np.array(rgb("amber"))
    assert np.abs(drawn[150, 150] - amber).max() < 12
    assert np.abs(drawn[20, 150].astype(int) - 100).max() < 12
    assert drawn[219, 240].min() > 170 > drawn[240, 240].max()
    assert drawn[217, 240].max() < drawn[240, 240].min()  # the rim, seen on white ground


def test_three_thresholds_stand_in_print(made, shown):
    tau = made.steps[120]
    assert usual_taus(made.found) == pytest.approx(
        [tau / 2, tau, min(2 * tau, made.found.about.highest)]
    )
    assert level_of(made.found, tau) == 120
    still = shown["called"].html
    assert still.count("<article") == 3  # the highest of good images and of each type
    assert still.count("Called in") == 9
    highest = max((one for one in made.images if one.type == "crack"), key=lambda one: one.score)
    for factor in (0.5, 1, 2):
        level = level_of(made.found, min(factor * tau, made.found.about.highest))
        assert flat(counted_words(highest.levels, highest.mask, level)) in flat(still)
    words = flat(parts.overlays(made.found, taus=(0.05, 0.1)).html)
    assert words.count("τ = 0.0500") == len(made.images)


def test_each_type_stands_at_each_threshold_with_its_interval(made, shown):
    words = flat(shown["values"].html)
    own = made.found.tables.values.query("latent == 16 and method == 'planted'")
    own = own[own["defect_type"] == "crack"].set_index("metric")
    cells = " ".join(
        f"{percent(row.value)} {percent(row.low)} to {percent(row.high)}"
        for row in own.loc[["precision", "recall", "f1", "accuracy"]].itertuples()
    )
    hit = [(one.levels > 100).any() for one in made.images if one.type == "crack"]
    low, high = rate_interval(sum(hit), len(hit))
    told = f"crack {sum(hit)} of {len(hit)} {percent(low)} to {percent(high)} {cells}"
    assert re.sub(r"\s+", " ", told) in words
    row = made.found.value(made.found.main, "crack", "", "auroc")
    assert " ".join((fixed(row["value"], 3), fixed(row["low"], 3), "to")) in words
    assert "from the answers (oracle)" in words
    assert "AU-PRO" in words


def test_latents_are_compared_and_a_loss_that_still_falls_is_named(made, shown):
    found = made.found
    assert [one.latent for one in compared_trainings(found)] == [8, 16, 64]
    assert "still falling with 8 numbers" in flattened(found, compared_trainings(found))
    words = flat(shown["latents"].html)
    left = " ".join(f"{quantile / 64:.5f}"[:7] for quantile in (0.5,))
    assert left in words
    assert "0.900 0.838 to 0.963 0.900 0.838 to 0.963" in words  # AUROC and AU-PRO of 64 numbers
    assert "fell by 10 %" in words
    assert shown["latents"].html.count("<svg") == 3
    flat_only = given_back(latents=(16, 64)).found
    assert "All losses had flattened" in flattened(flat_only, compared_trainings(flat_only))


def test_a_training_that_ended_worse_than_a_smaller_one_says_nothing_of_the_latent(shown):
    assert "astray" not in shown["latents"].html
    found = given_back().found
    trainings = found.tables.trainings.copy()
    trainings.loc[trainings["latent"] == 64, "last_loss"] *= 2
    object.__setattr__(found.tables, "trainings", trainings)
    words = flat(parts.latents(found).html)
    assert "With 64 numbers the loss ended more than 1.5 times as high" in words
    trainings.loc[trainings["latent"] == 8, "last_loss"] *= 3  # worse with fewer is as it should be
    words = flat(parts.latents(found).html)
    assert "With 64 numbers" in words
    assert "With 8" not in words


def test_one_latent_is_no_comparison():
    html = parts.latents(given_back(latents=()).found).html
    assert "al-nothing" in html
    assert "Only one latent was trained, of 16 numbers" in flat(html)


def test_curves_show_losses_and_f1_meanwhile(made, shown):
    html = shown["curves"].html
    assert html.count("<svg") == 3 + 1 + len(TYPES)
    assert f1_words(made.found) == (
        f"Found better earlier in training than at its end: crack and {HOSTILE}."
    )
    assert "best 0.70" in flat(html)
    assert MAIN[0] in flat(html)


def test_a_curve_that_is_not_there_says_why_and_how_to_get_it(made, shown):
    assert "Best F1 over all thresholds" in shown["curves"].html
    assert why_no_f1(made.found) == ""
    found = given_back().found
    object.__setattr__(found.tables, "f1_course", found.tables.f1_course.iloc[:0])
    words = flat(parts.curves(found).html)
    assert "the network was found in the cache" in words
    assert "another --seed" in words
    assert "no test image has a mask" in why_no_f1(given_back(has_masks=False).found)


def test_a_reader_is_told_what_follows_and_what_does_not(made):
    found = made.found
    tau = made.steps[120]
    hit = [(one.residual > tau).any() for one in made.images if one.label]
    false = [(one.residual > tau).any() for one in made.images if not one.label]
    low, high = (round(100 * share) for share in rate_interval(sum(hit), len(hit)))
    can = list(concluded(found))
    assert can[0].startswith(f"Of 100 defective images like these it would find {low} to {high} (")
    low, high = (round(100 * share) for share in rate_interval(sum(false), len(false)))
    assert f"would call {low} to {high} by mistake" in can[1]
    assert "On a line where 5 of 1" in can[2]
    precision = found.value(found.main, "all", "left_out_good", "precision")
    assert f"{percent(precision['value'])} ({percent(precision['low'])} to " in can[3]
    cannot = list(not_concluded(found))
    assert f"1 in {N_HELD_OUT + 1}" in cannot[0]
    assert "crack" in cannot[1]
    assert not any("longer training" in sentence for sentence in cannot)
    html = follows(found).html
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html


def test_marks_are_not_praised_where_calling_everything_is_as_good(made):
    found = given_back().found
    curve = found.tables.tau_curve.copy()
    is_f1 = (curve["defect_type"] == "all") & (curve["level"] == 0)
    curve.loc[is_f1, "f1"] = 0.99
    object.__setattr__(found.tables, "tau_curve", curve)
    assert any("no threshold marks most of it" in one for one in concluded(found))
    assert not any("no threshold marks" in one for one in concluded(made.found))


def test_nothing_follows_from_images_without_labels_or_from_the_answers_alone():
    assert list(concluded(given_back(has_labels=False).found)) == []
    found = given_back().found
    only = found.tables.taus["method"] == "f1_oracle"
    object.__setattr__(found.tables, "taus", found.tables.taus[only])
    assert list(concluded(found)) == []
    assert "What follows from this" not in follows(found).html


def test_the_published_table_is_corrected_and_its_measures_are_told_apart(shown):
    html, words = shown["printed"].html, flat(shown["printed"].html)
    assert "cut 0.69 0.80 0.57 0.74 F1 is 0.74, printed in the row of hole" in words
    assert "hole 0.55 0.61 0.75 0.58 F1 is 0.58, printed in the row of cut" in words
    assert html.count("<s>") == 2
    assert "print 0.22 0.82 0.35 0.35" in words
    others = published()[~published()["is_comparable"]]
    assert all(f"{name} " in words for name in others["method"])
    assert words.index("Shares of images told right") < words.index("AnoGAN")
    assert "specificity" in words
    assert "1 000 epochs" in words


def test_images_without_labels_can_be_looked_at_and_nothing_is_claimed():
    found = given_back(has_labels=False).found
    assert "No test image has a known label" in flat(parts.values(found).html)
    data = data_of(parts.called(found))
    assert data["types"] == []
    assert {one["truth"] for one in data["images"]} == {None}
    words = flat(parts.called(found).html)
    assert "nothing can be counted" in words
    assert "of the defect found" not in words
    assert "No test image has a mask" in " ".join(warnings(found))
    assert [tile["title"] for tile in tiles(found)] == ["Threshold τ"]
    assert "of the same types" not in flat(parts.printed(found).html)
    assert parts.curves(found).html.count("<svg") == 3


def test_labels_without_masks_tell_of_images_alone():
    found = given_back(has_masks=False).found
    words = flat(parts.values(found).html)
    assert "no mask says which pixels are defective" in words
    titles = [tile["title"] for tile in tiles(found)]
    assert titles == ["Threshold τ", "Defective images found", "Good images called by mistake"]
    assert f"1 in {N_HELD_OUT + 1}" in flat(parts.called(found).html)


def test_one_type_stands_once():
    found = given_back(types=("crack",)).found
    at = parts.values(found).html
    assert "all test images" not in re.sub(r"<details>.*</details>", "", at, flags=re.DOTALL)


def test_a_run_in_which_nothing_came_to_its_end_still_has_a_page(made):
    found = without_rows(made)
    shown = {name: getattr(parts, name)(found) for name in PARTS}
    for name in ("called", "values", "latents", "curves", "overlays"):
        assert "al-nothing" in shown[name].html
    assert "No training came to its end" in flat(shown["curves"].html)
    assert [tile["title"] for tile in tiles(found)] == ["Images judged"]
    assert "No threshold could be chosen" in asked(found)


@pytest.mark.parametrize("name", PARTS)
def test_names_stay_text(shown, name):
    html = re.sub(r'<script type="application/json">.*?</script>', "", shown[name].html)
    assert "<script>alert" not in html
    assert "<b>cut" not in html
    assert shown[name].html.count("<script>alert") == 0
