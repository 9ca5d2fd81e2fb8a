"""What a run would have seen: planned, painted and scored as images are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import detectors, extractors
from anomalylab.compute.cost import Cost
from anomalylab.detectors.patchcore import PatchCore
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.features import ON_DEMAND, Features
from anomalylab.runs import candidates, planned
from anomalylab.runs.candidates import CANDIDATES, candidates_of
from anomalylab.runs.detect import run
from anomalylab.runs.inputs import load_samples, with_images
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.sensitivity.measure import (
    PlantedImages,
    PlantedScores,
    plant_and_embed,
    planted_table,
    score_planted,
)
from anomalylab.runs.sensitivity.paint import Painter
from anomalylab.runs.sensitivity.plan import Plant, Wish, dealt_in_turn, ladder, plan
from anomalylab.runs.sensitivity.write import Beneath, bases

pytestmark = pytest.mark.xdist_group("sensitivity")

KNN = (DetectorChoice(name="knn"),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng, root = np.random.default_rng(0), tmp_path_factory.mktemp("folder")
    for i in range(30):
        pixels = rng.integers(100, 140, (20, 24, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{i:02}.png")
    return root


@pytest.fixture(scope="module")
def request_of(folder):
    return DetectRequest(data=folder, detectors=KNN, size=(64, 64))


@pytest.fixture(scope="module")
def finished(request_of, tmp_path_factory):
    return run(request_of, tmp_path_factory.mktemp("out") / "run")


@pytest.fixture(scope="module")
def samples(request_of):
    return load_samples(request_of)[0]


def test_widths_go_from_three_pixels_to_a_tenth_of_the_shorter_side():
    def of(width, height):
        return ladder(pd.DataFrame({"width": [width] * 3, "height": [height] * 3}))

    assert of(900, 900) == (4, 8, 18, 40)
    assert of(224, 300) == (3, 7, 15, 22)
    assert of(24, 24) == (3,)


def test_images_get_about_as_many_defects_and_none_two_of_one_cell(samples):
    plants = plan(np.arange(20), samples, Wish(per_cell=7), seed=0)
    table = pd.DataFrame(plants)
    counts = table.groupby("row").size()
    assert counts.max() - counts.min() <= 1
    assert not table.duplicated(["row", "kind", "width", "contrast"]).any()
    assert (table.groupby(["kind", "width", "contrast"]).size() == 7).all()
    assert table["row"].is_monotonic_increasing
    assert table["seed"].is_unique


def test_what_a_person_wishes_is_planted_and_nothing_else(samples):
    wish = Wish(kinds=("spot",), widths=(5, 9), contrasts=(0.5,), per_cell=3)
    table = pd.DataFrame(plan(np.arange(20), samples, wish, seed=0))
    assert len(table) == 6
    assert set(table["kind"]) == {"spot"}
    assert set(table["width"]) == {5, 9}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"widths": (2,)}, "widths are whole pixels from 3, not 2"),
        ({"contrasts": (0.0,)}, r"contrasts lie in \(0, 1\], not \[0.0\]"),
        ({"per_cell": 0}, "at least 1 image"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wrong, words):
    with pytest.raises(ParameterError, match=words):
        Wish(**wrong)


def test_a_planted_image_is_embedded_like_a_file_that_holds_it(folder, samples, tmp_path):
    extractor = extractors.create("lite0", size=64)
    painter = Painter(samples, folder, "full", "bilinear", (64, 64))
    wanted = Plant(row=4, kind="spot", width=6, contrast=1.0, seed=7)
    planted = plant_and_embed(painter, [wanted], extractor)
    Image.fromarray(painter.full_size(wanted)).save(tmp_path / "planted.png")
    table = load_samples(DetectRequest(data=tmp_path))[0]
    extraction = extractors.extract(table, tmp_path, extractor)
    of_file = with_images(extraction.features, extraction.samples, tmp_path, intensity="full")
    for level in extractor.levels:
        np.testing.assert_array_equal(planted.features.level(level), of_file.level(level))
    for level in ON_DEMAND:
        pairs = zip(planted.features.images(level), of_file.images(level), strict=True)
        for of_planted, expected in pairs:
            np.testing.assert_array_equal(of_planted, expected)


def test_planted_images_are_not_embedded_twice(folder, samples, monkeypatch):
    extractor = extractors.create("lite0", size=64)
    painter = Painter(samples, folder, "full", "bilinear", (64, 64))
    plants = [Plant(row=4, kind="spot", width=5, contrast=1.0, seed=seed) for seed in (1, 2)]
    first = plant_and_embed(painter, plants, extractor)
    monkeypatch.setattr(type(extractor), "__call__", _never)
    again = plant_and_embed(painter, plants, extractor)
    for level in extractor.levels:
        np.testing.assert_array_equal(first.features.level(level), again.features.level(level))


def test_defects_that_fit_into_no_image_are_told(folder, samples):
    painter = Painter(samples, folder, "full", "bilinear", (64, 64))
    plants = [Plant(row=4, kind="scratch", width=30, contrast=1.0, seed=1)]
    with pytest.raises(DatasetError, match="none of the 1 planned defects fits"):
        plant_and_embed(painter, plants, extractors.create("lite0", size=64))


def _never(*_):
    raise AssertionError("embedded again")


def test_planted_images_are_scored_by_a_fit_without_the_image_beneath_and_its_group():
    rng = np.random.default_rng(0)
    groups = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    features = Features({"a": rng.normal(size=(10, 3, 3, 4)).astype(np.float32)}, groups)
    of_planted = Features({"a": rng.normal(size=(6, 3, 3, 4)).astype(np.float32)})
    painted = [_painted(row) for row in (0, 0, 3, 5, 7, 9)]
    planted = PlantedImages(painted, of_planted)
    detector = detectors.create("patchcore")
    scores, before, maps = score_planted(detector, features, np.arange(10), planted)
    for i, row in enumerate(planted.rows):  # five images beneath, five folds: one image each
        kept = np.flatnonzero(groups != groups[row])
        fitted = detectors.create("patchcore").fit(features.subset(kept))
        expected, expected_map = fitted.score(of_planted.subset(np.array([i])))
        np.testing.assert_allclose(scores[i], expected[0], rtol=1e-5)
        np.testing.assert_allclose(maps[i], expected_map[0], rtol=1e-5)
        np.testing.assert_allclose(before[i], fitted.image_scores(features.subset([row]))[0])


def test_a_defect_is_not_found_where_the_image_would_have_been_named_without_it():
    features = Features({"a": np.zeros((2, 1, 1, 1), np.float32)})
    planted = PlantedImages([_painted(0), _painted(1)], features)
    scored = PlantedScores(np.array([3.0, 3.0]), np.array([1.0, 2.5]), np.zeros((2, 1, 1)))
    table = planted_table("knn", planted, np.array(["a", "b"]), scored, 2.0)
    assert table["is_found"].tolist() == [True, False]


def _painted(row):
    from anomalylab.runs.sensitivity.paint import PaintedImage

    blank = np.zeros((2, 2, 3), np.uint8)
    plant = Plant(row=row, kind="spot", width=3, contrast=1.0, seed=0)
    return PaintedImage(plant, "", blank, 3.0, 1.0, (0, 0), (0, 0, 2), blank, blank)


def test_defects_are_planted_in_images_that_stand_out_by_nothing(request_of):
    usable = np.delete(np.arange(20), 3)
    assert bases(_beneath(20), usable, seed=0).tolist() == usable.tolist()


def test_too_few_images_to_set_aside_are_told():
    with pytest.raises(DatasetError, match=r"11 different images can be set aside .* at least 12"):
        bases(_beneath(11), np.arange(11), seed=0)


def test_near_copies_count_as_one_image_to_set_aside():
    beneath = _beneath(20)
    together = replace(beneath.features, groups=np.zeros(20, int))
    with pytest.raises(DatasetError, match="1 different images"):
        bases(replace(beneath, features=together), np.arange(20), seed=0)


def _beneath(n):
    return Beneath(
        samples=pd.DataFrame(),
        root=None,
        features=Features({"a": np.zeros((n, 1, 1, 1), np.float32)}),
        training=np.arange(n),
        extractor=None,
        intensity="full",
        resize="bilinear",
        smoothing=4.0,
    )


def test_a_run_says_what_would_have_stood_out_and_what_stays_unknown(finished):
    verdict = finished.info.verdicts["knn"]
    assert verdict.seen.startswith("Of defects planted in copies of these images, half or more")
    assert "drawn at random" in verdict.unknown
    planted, found = finished.table("planted"), finished.table("sensitivity")
    assert found["n_images"].sum() == len(planted)
    threshold = finished.threshold("knn")
    reached = (planted["score"] >= threshold) & (planted["score_before"] < threshold)
    assert (planted["is_found"] == reached).all()
    shown = finished.table("planted_pictures")
    assert set(shown["plant"]) <= set(planted["plant"])
    assert finished.files.array("planted/knn.npy", len(shown), 32, 32).max() > 0


def test_a_headline_that_says_nothing_stands_out_says_what_would_have(finished):
    verdict = finished.info.verdicts["knn"]
    assert verdict.kind == "clean"
    assert verdict.sentence.startswith("Nothing stands out")
    assert "would" in verdict.sentence
    assert verdict.sentence != "Nothing stands out."


def test_a_detector_that_reads_images_scores_planted_ones(request_of, tmp_path):
    request = replace(request_of, detectors=(DetectorChoice(name="window_pca"),))
    planted = run(request, tmp_path / "run").table("planted")
    is_clear = planted["contrast"] == 1
    assert (planted["score"] > planted["score_before"])[is_clear].mean() > 0.8


def test_the_same_images_give_the_same_tables(finished, request_of, tmp_path):
    again = run(request_of, tmp_path / "again")
    for name in ("planted", "sensitivity", "planted_pictures"):
        pd.testing.assert_frame_equal(again.table(name), finished.table(name))


def test_nothing_is_planted_where_all_training_images_are_labelled(folder, tmp_path):
    request = DetectRequest(
        data=folder, detectors=KNN, size=(64, 64), dataset_params={"normal": ["*.png"]}
    )
    labels = pd.Series([0] * 5)
    from anomalylab.runs.sensitivity.of_run import effort_of

    assert effort_of(request, labels) == "none"
    assert effort_of(request, labels.where(labels.index > 0)) == "quick"
    assert effort_of(replace(request, sensitivity="full"), labels) == "full"


def test_a_run_without_sensitivity_says_that_it_was_not_measured(request_of, tmp_path):
    made = run(replace(request_of, sensitivity="none"), tmp_path / "run")
    verdict = made.info.verdicts["knn"]
    assert verdict.sentence == "Nothing stands out; what would have was not measured."
    assert made.table("sensitivity").empty
    assert "--sensitivity none" in made.info.command


def test_every_second_image_has_half_of_the_defects_of_each_cell(samples):
    rows = np.arange(0, 40)
    plants = pd.DataFrame(plan(rows, samples, Wish(per_cell=8), seed=3))
    is_deciding = plants["row"].isin(dealt_in_turn(rows, 3)[::2])
    counts = plants.assign(decides=is_deciding).groupby(["kind", "width", "contrast"])["decides"]
    assert (counts.sum() == 4).all()


@pytest.fixture(scope="module")
def chosen(request_of, tmp_path_factory):
    request = replace(request_of, detectors=(DetectorChoice(name="auto"),))
    return run(request, tmp_path_factory.mktemp("out") / "chosen")


def test_the_detector_is_chosen_on_one_half_and_stated_on_the_other(chosen):
    table = chosen.table("choice")
    assert len(table) == len(CANDIDATES)
    assert chosen.detectors == table["detector"].head(2).tolist()
    assert table["is_tied"].iloc[0]
    deciding = table["figure"] - table["stated"]
    assert (deciding != 0).any()
    assert table[["stated", "stated_low", "stated_high"]].notna().all(axis=None)
    assert "--detector auto" in chosen.info.command


def test_what_a_chosen_detector_sees_is_stated_on_images_that_the_choice_did_not_see(chosen):
    stated = set(chosen.table("planted")["sample_id"])
    rows = chosen.samples.index.to_numpy()
    deciding = dealt_in_turn(rows, chosen.info.seed)[::2]
    assert not stated & set(chosen.samples["sample_id"].iloc[deciding])


def test_more_can_be_planted_where_the_detector_was_chosen(request_of, chosen, tmp_path):
    auto = (DetectorChoice(name="auto"),)
    request = replace(request_of, detectors=auto, sensitivity="full")
    made = run(request, tmp_path / "run")
    assert len(made.table("planted")) > 2 * len(chosen.table("planted"))
    pd.testing.assert_frame_equal(made.table("choice"), chosen.table("choice"))


def test_sizes_are_compared_like_detectors_and_one_of_them_is_run(request_of, chosen, tmp_path):
    auto = (DetectorChoice(name="auto"),)
    made = run(replace(request_of, detectors=auto, size=64, sizes=(96,)), tmp_path / "run")
    table = made.table("choice")
    assert len(table) == 2 * len(CANDIDATES)
    of_first = table[table["size"] == "64 x 64"].set_index("detector")
    alone = chosen.table("choice").set_index("detector")
    pd.testing.assert_series_equal(of_first["figure"], alone["figure"].reindex(of_first.index))
    assert "{} x {}".format(*made.detect.extractor.size) == table["size"].iloc[0]
    of_size = table["detector"][table["size"] == table["size"].iloc[0]]
    assert made.detectors == of_size.head(2).tolist()
    assert "--size 64,96" in made.info.command


def test_sizes_that_come_to_the_same_are_refused_before_the_work(request_of, tmp_path):
    auto = (DetectorChoice(name="auto"),)
    with pytest.raises(ParameterError, match="come to 64x64, 64x64"):
        run(replace(request_of, detectors=auto, size=64, sizes=(64,)), tmp_path / "run")
    with pytest.raises(ParameterError, match="where the detector is chosen"):
        replace(request_of, sizes=(96,))


def test_a_setting_that_searches_by_lists_can_be_chosen_and_run(request_of, tmp_path, monkeypatch):
    monkeypatch.setattr(
        PatchCore, "plan", lambda self, *_: Cost(0, 100.0 if self.index == "exact" else 1.0)
    )
    monkeypatch.setattr(candidates, "CANDIDATES", ("patchcore", "knn"))
    made = run(replace(request_of, detectors=(DetectorChoice(name="auto"),)), tmp_path / "run")
    assert set(made.table("choice")["detector"]) == {"patchcore-index=ivf", "knn"}
    assert made.detect.detectors["patchcore-index=ivf"].params["index"] == "ivf"
    assert not any("memory had no room" in one.message for one in made.info.findings)


def test_settings_that_memory_has_no_room_for_are_left_out_and_told(
    request_of, tmp_path, monkeypatch
):
    request = replace(request_of, detectors=(DetectorChoice(name="auto"),))
    extractor, samples = extractors.create("lite0", size=64), load_samples(request)[0]
    needs = {
        label: planned.planned(detector, samples, extractor).bytes
        for label, detector in candidates_of(request).items()
    }
    free = sorted(needs.values())[2]
    monkeypatch.setattr(planned, "available", lambda: free)
    made = run(request, tmp_path / "run")
    assert set(made.table("choice")["detector"]) == {n for n in needs if needs[n] <= free}
    (told,) = [one.message for one in made.info.findings if "memory had no room" in one.message]
    assert all((f"{label} at 64 x 64" in told) == (needs[label] > free) for label in needs)


def test_of_tied_settings_the_one_preferred_comes_first(chosen):
    table = chosen.table("choice")
    labels = [str(DetectorChoice.parse(text).label) for text in CANDIDATES]
    places = [labels.index(name) for name in table["detector"][table["is_tied"]]]
    assert places == sorted(places)


def test_a_choice_that_cannot_be_made_is_told_and_the_usual_best_is_taken(folder, tmp_path):
    for path in sorted(folder.iterdir())[:8]:
        (tmp_path / "few").mkdir(exist_ok=True)
        (tmp_path / "few" / path.name).write_bytes(path.read_bytes())
    auto = (DetectorChoice(name="auto"),)
    request = DetectRequest(data=tmp_path / "few", detectors=auto, size=(64, 64))
    made = run(request, tmp_path / "run")
    assert made.detectors == [DetectorChoice.parse(CANDIDATES[0]).label]
    messages = [finding.message for finding in made.info.findings]
    assert any("not chosen on these images: 8 different images" in one for one in messages)


def test_auto_stands_alone():
    for others in (("auto", "knn"), ("auto:k=3",)):
        with pytest.raises(ParameterError, match="stands alone"):
            DetectRequest(data=None, detectors=tuple(map(DetectorChoice.parse, others)))


def test_what_is_measured_takes_the_place_of_the_guess_from_sizes(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "large").mkdir()
    for i in range(26):
        pixels = rng.integers(100, 140, (30, 30, 3)).repeat(10, 0).repeat(10, 1).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "large" / f"{i:02}.png")
    request = DetectRequest(data=tmp_path / "large", detectors=KNN, size=(64, 64))
    measured = run(request, tmp_path / "measured")
    guessed = run(replace(request, sensitivity="none"), tmp_path / "guessed")
    is_said = [
        any("images shrink" in finding.message for finding in made.info.findings)
        for made in (measured, guessed)
    ]
    assert is_said == [False, True]
