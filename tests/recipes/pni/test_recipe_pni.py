"""The recipe of PNI from the command line to tables: tiny networks on made images."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from anomalylab import detectors, extractors
from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.recipes.pni import refining, told
from anomalylab.recipes.pni.ensemble import averaged
from anomalylab.recipes.pni.evaluate import Cut
from anomalylab.recipes.pni.explain import chosen
from anomalylab.recipes.pni.options import PRESETS
from anomalylab.recipes.pni.published import published, published_value
from anomalylab.recipes.pni.refining import OWN
from anomalylab.recipes.pni.request import LEVELS, PNIRequest
from anomalylab.recipes.pni.run import Times, read
from anomalylab.recipes.pni.trials import trials_of
from anomalylab.reports.pni import opened
from anomalylab.reports.pni.maps import _of_way
from anomalylab.runs.embedded import at_size
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.timing import Timings
from anomalylab.schema.pni import KEY
from anomalylab.studies.material import listed

pytestmark = pytest.mark.xdist_group("pni")

RECIPE = ["recipe", "pni"]
TINY = ["--preset", "tiny", "--size", "64", "--refine", "size=32,width=4,epochs=1,copies=1"]
NUMBERS = {"n_train": 9, "n_test_good": 3, "n_test_defect": 4, "size": 64}


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    root = tmp_path_factory.mktemp("textures")
    for category in ("brick", "grass"):
        make_textures(root, category=category, **NUMBERS)
    return root


@pytest.fixture(scope="module")
def finished(textures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "brick"
    assert main([*RECIPE, str(textures / "brick"), *TINY, "--ensemble", "-o", str(out)]) == 0
    return Run(out)


def test_a_run_holds_every_table_of_every_variant(finished):
    finished.check()
    own = {name: table for name, table in TABLES.items() if name.startswith("pni_")}
    assert len(own) == 7
    explained = ("pni_cells", "pni_listed")
    for name in explained:
        assert len(own[name].check(finished.table(name))), name
    variants = ["patchcore", "pni", "pni-position", "pni-neighbourhood", "ensemble"]
    for name, table in own.items():
        if name in explained:
            continue
        rows = table.check(finished.table(name))
        assert rows.groupby(list(KEY)).ngroups == 5, name
    assert list(finished.table("pni_fits")["variant"]) == variants
    part = finished.info.part
    assert part.variants == variants
    for name in part.maps:
        assert np.isfinite(finished.files.array(f"maps/{name}.npy", 7, None, None)).all()
    assert finished.info.command.startswith("anomalylab recipe pni brick --preset tiny --refine")


def test_differences_are_those_of_the_values_and_name_what_they_are_against(finished):
    gains = finished.table("pni_gains")
    values = finished.table("pni_values").query("resolution == 'image'")
    known = values.set_index(["variant", "blend", "metric"])["value"]
    for row in gains.itertuples():
        exact = known[row.variant, row.blend, row.metric]
        exact -= known[row.against, row.against_blend, row.metric]
        assert row.difference == pytest.approx(exact, abs=1e-9)
        assert row.low - 1e-9 <= row.high
    plain = gains[gains["blend"] == 0]
    assert set(plain["against"]) == {"patchcore"}
    assert "patchcore" not in set(plain["variant"])
    assert (gains.loc[gains["blend"] > 0, "against_blend"] == 0).all()


def test_explained_cells_score_as_maps_do_and_name_training_images(finished):
    cells, listed = finished.table("pni_cells"), finished.table("pni_listed")
    scores = finished.table("pni_scores").query("variant == 'pni' and blend == 0")
    order = scores["sample_id"].tolist()
    maps = {
        name: np.load(finished.folder / f"maps/brick-{name}.npy")
        for name in ("pni", "patchcore", "pni-position")
    }
    for row in cells.itertuples():
        place = (order.index(row.sample_id), row.row, row.col)
        assert row.score == pytest.approx(maps["pni"][place], rel=1e-5)
        assert row.by_neither == pytest.approx(maps["patchcore"][place], rel=1e-5)
        assert row.by_position_alone == pytest.approx(maps["pni-position"][place], rel=1e-5)
    samples = finished.samples.set_index("sample_id")
    assert (samples.loc[listed["memory_id"].unique(), "split"] == "train").all()
    assert set(listed["memory_id"]) <= set(finished.table("thumbnails")["sample_id"])
    first = listed.query("role == 'allowed' and rank == 1")
    both = first.merge(cells, on=["sample_id", "row", "col"])
    np.testing.assert_allclose(both["distance"], both["score"], rtol=1e-5)
    share = (both["of_position"] + both["of_neighbours"]) / 2
    assert (share > both["tau"]).all()
    refused = listed.query("role == 'refused'").merge(cells, on=["sample_id", "row", "col"])
    assert ((refused["of_position"] + refused["of_neighbours"]) / 2 <= refused["tau"]).all()


def test_the_page_shows_the_maps_that_are_judged(finished):
    found = opened(finished)
    for blend in (0.0, 0.1, 1.0):
        made = _of_way(found, "brick", "pni", blend)
        scores = found.scores_of("brick", "pni", blend)["score"]
        np.testing.assert_allclose(made.max(axis=(1, 2)), scores, rtol=1e-4)


def test_images_of_each_type_are_explained_the_most_anomalous_first():
    types = ["good", "hole", "good", None, "hole", "good"]
    scores = np.array([1, 5, 3, 2, 9, 2])
    assert chosen(types, scores, 4) == [4, 2, 3, 1]


def test_patchcore_allows_all_and_each_restriction_gives_no_smaller_score(finished):
    fits = finished.table("pni_fits").set_index("variant")
    assert fits.loc["patchcore", "allowed"] == 1
    assert fits.loc["pni-position", "allowed"] < 1
    assert fits["allowed"].between(0, 1).all()
    assert (fits["refined_by"] == OWN).all()
    scores = finished.table("pni_scores").query("blend == 0")
    scores = scores.pivot_table(index="sample_id", columns="variant", values="score")
    for variant in ("pni", "pni-position", "pni-neighbourhood"):
        assert (scores[variant] >= scores["patchcore"] - 1e-9).all()


def test_values_stand_at_both_resolutions_refined_and_not(finished):
    values = finished.table("pni_values")
    counts = pd.crosstab(values["variant"], values["blend"])
    assert set(counts.columns) == {0.0, 0.1, 1.0}
    assert (counts == 5).all().all()
    assert values["value"].between(0, 1).all()
    assert values["published"].isna().all()  # brick is no category of theirs
    assert any(
        "own" not in m.message and "training images" in m.message for m in finished.info.findings
    )


def test_the_same_command_again_fits_nothing(finished, textures, tmp_path, monkeypatch):
    def refuse(self, features):
        raise AssertionError("fitted again")

    monkeypatch.setattr(detectors.registry.get("pni"), "_fit", refuse)
    out = tmp_path / "again"
    assert main([*RECIPE, str(textures / "brick"), *TINY, "--ensemble", "-o", str(out)]) == 0
    again = Run(out)
    for name in ("pni_values", "pni_scores", "pni_curves"):
        assert again.table(name).equals(finished.table(name)), name


class EnoughError(Exception):
    """Ends a refinement once it is known what is learnt from."""


@pytest.mark.parametrize(
    ("others", "expected"), [(["grass", "wood"], ["grass", "wood"]), ([], ["brick"])]
)
def test_a_network_learns_from_other_categories_alone_where_there_are_any(
    monkeypatch, others, expected
):
    def joined(parts):
        raise EnoughError(parts)

    monkeypatch.setattr(refining, "_examples", lambda settings, images, finished: images)
    monkeypatch.setattr(refining, "_joined", joined)
    with pytest.raises(EnoughError) as caught:
        refining.refine(None, ("brick", None), [(name, None) for name in others])
    assert caught.value.args[0] == expected


def test_of_several_categories_networks_refine_what_others_taught(textures, tmp_path):
    out = tmp_path / "both"
    assert main([*RECIPE, str(textures), *TINY, "-o", str(out)]) == 0
    fits = Run(out).table("pni_fits")
    assert set(fits.loc[fits["category"] == "brick", "refined_by"]) == {"grass"}
    assert set(fits.loc[fits["category"] == "grass", "refined_by"]) == {"brick"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--options", "n_kinds=5000"], "5000 kinds"),
        (["--options", "device=cuda:7"], "no device cuda:7 here"),
        (["--refine", "device=cuda:7"], "no device cuda:7 here"),
    ],
)
def test_what_is_known_beforehand_is_refused_before_images_are_described(
    textures, tmp_path, capsys, monkeypatch, words, message
):
    monkeypatch.setattr("anomalylab.recipes.pni.run.embedded", None)
    arguments = [str(textures / "brick"), "--preset", "tiny", "--size", "64", *words]
    assert main([*RECIPE, *arguments, "-o", str(tmp_path / "x")]) == 1
    assert message in capsys.readouterr().err


def test_what_cannot_be_done_is_refused_in_a_line(textures, tmp_path, capsys):
    words = [str(textures / "brick"), "--preset", "tiny", "--size", "64"]
    too_many = ["--options", "n_kinds=5000", "--no-refine", "-o", str(tmp_path / "x")]
    assert main([*RECIPE, *words, *too_many]) == 1
    assert "5000 kinds" in capsys.readouterr().err
    nothing_allowed = ["--options", "tau=0.99", "--no-refine", "-o", str(tmp_path / "x")]
    assert main([*RECIPE, *words, *nothing_allowed]) == 1
    assert "tau=0.99 allows no cell" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    with pytest.raises(ParameterError, match="set by the recipe"):
        PNIRequest(params={"use": "none"})
    with pytest.raises(UnknownNameError, match="epochs"):
        PNIRequest(refine={"epoch": 3})
    with pytest.raises(ParameterError, match="different"):
        PNIRequest(backbones=("lite0", "lite0"))
    with pytest.raises(ParameterError, match="one backbone"):
        PNIRequest(backbones=("lite0", "tiny"), levels=("block3",))


def test_cells_are_those_of_the_paper_where_no_levels_are_named(textures):
    paper = PNIRequest(data=textures / "brick").source
    assert paper.levels == ("block3", "block4")
    assert PNIRequest(data=textures / "brick", levels=("block2",)).source.levels == ("block2",)
    assert PNIRequest(backbones=("tiny",)).source.levels is None
    made = PNIRequest().detector("both")
    assert (made.levels, made.coreset, made.epochs) == ("all", 0.025, 5)
    assert PNIRequest(params={"coreset": 0.1}).detector("both").coreset == 0.1


def test_the_preset_tiny_refines_in_seconds_too_unless_told_otherwise():
    assert PNIRequest(preset="tiny").refined().epochs == 1
    assert PNIRequest(preset="tiny", refine={"epochs": 3}).refined().epochs == 3
    assert PNIRequest().refined().epochs == 12


def test_without_refinement_an_ensemble_may_be_of_several_networks(textures):
    request = PNIRequest(
        data=textures / "brick", preset="tiny", size=(64, 64), refine=None, with_ensemble=True
    )
    (one,) = listed(request.source, ())
    images = read(request, one, Times(), [], [])
    assert images.copies is None
    larger = at_size(
        images.material, extractors.create("lite0", size=96, levels=LEVELS["lite0"]), Timings()
    )
    *single, ensemble = trials_of(request, replace(images, materials=[images.material, larger]))
    assert [trial.reason for trial in single] == [""] * 4
    assert ensemble.trial.variant == "ensemble"
    assert ensemble.reason == ""
    assert ensemble.arrays["maps"].shape == (7, 12, 12)
    assert ensemble.arrays["counts"][0] == round(9 * 64 / 20) + round(9 * 144 / 20)
    np.testing.assert_array_equal(
        ensemble.arrays["scores"], ensemble.arrays["maps"].max(axis=(1, 2))
    )


def test_presets_on_the_command_line_are_those_of_the_detector():
    assert set(PRESETS) == set(detectors.registry.get("pni").presets)


def test_published_means_are_those_of_their_categories():
    table = published()
    for variant, metric, digits in (
        ("pni", "image_auroc", 4),
        ("pni", "pixel_auroc", 4),
        ("patchcore", "image_auroc", 3),
        ("patchcore", "pixel_auroc", 3),
    ):
        own = table[(table["variant"] == variant) & (table["metric"] == metric)]
        mean = own.loc[own["category"] != "mean", "value"].mean()
        assert abs(mean - published_value(variant, "mean", metric)) <= 0.6 * 10**-digits
        assert len(own) == 16
    assert np.isnan(published_value("pni", "bottle", "au_pro"))


def test_an_ensemble_divides_maps_by_what_is_usual_and_averages(rng):
    fine, coarse = rng.random((2, 4, 4)), rng.random((2, 2, 2))
    both = averaged([fine, coarse], [2.0, 0.5])
    corner = (fine[:, 0, 0] / 2 + coarse[:, 0, 0] / 0.5) / 2
    np.testing.assert_allclose(both[:, 0, 0], corner, rtol=1e-5)
    with pytest.raises(ParameterError, match="same images"):
        averaged([fine, coarse[:1]], [1.0, 1.0])
    with pytest.raises(ParameterError, match="above 0"):
        averaged([fine], [0.0])


def test_the_protocol_judges_the_middle_480_of_512():
    image = np.arange(512 * 512).reshape(512, 512)
    cut = Cut([image])[0]
    assert cut.shape == (480, 480)
    assert cut[0, 0] == image[16, 16]
    assert cut[-1, -1] == image[-17, -17]


def test_without_labels_the_verdict_says_so(finished):
    values = finished.table("pni_values").assign(value=np.nan)
    assert told.verdicts(values)["pni"].kind == "undecidable"
    values = finished.table("pni_values")
    assert "PatchCore on the same memory" in told.verdicts(values)["pni"].sentence
    own = told.verdicts(values, is_one_memory=False)["pni"].sentence
    assert "; PatchCore 0." in own or "; PatchCore 1." in own


def test_the_verdict_says_what_is_judged_in_some_categories_alone(finished):
    values, gains = finished.table("pni_values"), finished.table("pni_gains")
    assert "Judged are" not in told.verdicts(values, gains)["pni"].reason
    is_of_pixels = values["metric"].isin(["pixel_auroc", "au_pro"])
    other = values.assign(category="grass", value=values["value"].mask(is_of_pixels))
    reason = told.verdicts(pd.concat([values, other]), gains)["pni"].reason
    assert "Judged are regions in 1 of 2 categories and pixels in 1 of 2 categories" in reason


def test_images_without_labels_are_said_to_be_taken_to_be_good(textures):
    folder, findings = textures / "brick" / "train" / "good", []
    request = PNIRequest(data=folder, preset="tiny", size=(64, 64), refine=None)
    (one,) = listed(request.source, ())
    read(request, one, Times(), findings, [])
    assert [f.n for f in findings if f.what == "taken_to_be_good"] == [9]
