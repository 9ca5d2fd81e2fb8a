"""The window embedding from images to a run folder."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from pc_runs import N_DEFECTIVE, N_NORMAL, WINDOW, make_pc_run, surface, write_kolektor
from PIL import Image

from anomalylab.cli import main as cli
from anomalylab.compute import window_space
from anomalylab.compute.window_grid import on_grid
from anomalylab.compute.window_moments import moments
from anomalylab.errors import AnomalyLabError, DatasetError, ParameterError
from anomalylab.pc_space.info import GRID
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space import image_blocks, odds, projections, spaces
from anomalylab.recipes.pc_space.request import PRESETS, PCSpaceRequest
from anomalylab.recipes.pc_space.run import run
from anomalylab.runs.folder import TABLES as RUN_TABLES
from anomalylab.runs.folder import Run

N_TRAIN = N_NORMAL["train"] + N_DEFECTIVE["train"]
TABLES = ("samples", "scores", "metrics", "thresholds", "curves", "features", "coefficients")


def metric(finished, detector, name):
    table = finished.table("metrics").set_index(["detector", "metric"])
    return table.loc[(detector, name), "value"]


def write_images(folder, images):
    """Write uint8 images under their paths."""
    for path, image in images.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / path)
    return folder


def surfaces(n, height=48, width=40, seed=0, **params):
    rng = np.random.default_rng(seed)
    return [surface(rng, height, width, **params)[0] for _ in range(n)]


def blocks_of(cache):
    """When each kept block of work was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.block")}


def small(data, **params):
    return PCSpaceRequest(data=data, **{"windows": (WINDOW,), **params})


def assert_same(one, other):
    for name in TABLES:
        pd.testing.assert_frame_equal(one.table(name), other.table(name))
    for name in ("residual", "odds"):
        np.testing.assert_array_equal(one.score_maps(name), other.score_maps(name))


def test_a_run_tells_scores_of_all_images_and_opens_as_a_pc_space(pc_run):
    space = PCSpace(pc_run)
    assert pc_run.detectors == ["odds", "forest", "residual", "mahalanobis", "outside"]
    for detector in pc_run.detectors:
        assert len(pc_run.scores(detector)) == len(pc_run.queries)
        assert len(pc_run.scores(detector, "training")) == N_TRAIN
        assert np.isfinite(pc_run.threshold(detector))
    assert pc_run.info.part.why_no_odds == ""
    assert "defective test images" in pc_run.verdict
    assert space.cloud(pc_run.samples["sample_id"][0]).coordinates.shape[-1] == 2
    assert not pc_run.info.dataset.path.startswith("/")


def test_every_table_of_the_recipe_keeps_its_schema_and_the_run_shows_itself(pc_run):
    for name in (*TABLES, "timings", "thumbnails"):
        assert len(RUN_TABLES[name].check(pc_run.table(name)))
    assert pc_run.verdict in pc_run._repr_html_()


def test_no_window_matrix_is_ever_held(rng):
    band = rng.normal(size=(300, 230))
    space = window_space.fit(moments(band[:60, :60], 25))
    view = projections.View({25: space}, PCSpaceRequest().planes, 10, "clip", 90.0)
    tracemalloc.start()
    projections.project(band, view, dense=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.2 * 8 * 276 * 206 * 25**2


def test_histograms_are_those_of_the_clouds(pc_run):
    space = PCSpace(pc_run)
    edges = np.linspace(-space.limit, space.limit, space.info.bins + 1)
    for sample_id in space.samples["sample_id"][::5]:
        points = (
            space.spaces[WINDOW].coordinates(space.band(sample_id)).clip(-space.limit, space.limit)
        )
        expected, _, _ = np.histogram2d(*points.reshape(-1, 2).T, bins=edges)
        np.testing.assert_array_equal(space.histogram(sample_id), expected)


def test_densities_hold_every_window_of_the_training_images(pc_run):
    space, samples = PCSpace(pc_run), pc_run.samples
    n_windows = (samples["height"] - WINDOW + 1) * (samples["width"] - WINDOW + 1)
    for label, group in enumerate(("normal", "anomalous")):
        chosen = (samples["split"] == "train") & (samples["label"] == label)
        assert space.density(group).sum() == n_windows[chosen].sum()


def test_features_are_shares_and_the_share_dropped_is_told(pc_run):
    table = pc_run.table("features")
    assert len(table) == len(pc_run.samples)
    np.testing.assert_allclose(table.filter(regex=r"^\d+_").sum(axis=1), 1.0)
    assert table["dropped"].between(0, 1).all()


def test_coefficients_are_finite_and_those_of_empty_bins_are_0(pc_run):
    features = pc_run.table("features").filter(regex=r"^\d+_")
    is_training = (pc_run.samples["split"] == "train").to_numpy()
    is_empty = (features[is_training] == 0).all().to_numpy()
    table = pc_run.table("coefficients")
    assert is_empty.any()
    assert np.isfinite(table["coefficient"]).all()
    assert (table.loc[is_empty, "coefficient"] == 0).all()
    np.testing.assert_allclose(table["odds"], np.exp(table["coefficient"]))


def test_the_threshold_comes_from_images_that_were_left_out(pc_run):
    training = pc_run.scores("odds", "training")
    assert pc_run.threshold("odds") in training["score"].to_numpy()
    assert not np.allclose(training["score"], training["in_sample"])
    thresholds = pc_run.table("thresholds").query("detector == 'odds' and is_default")
    assert "has not seen it" in thresholds["note"].iloc[0]


def test_left_out_scores_are_those_of_classifiers_that_did_not_see_the_image(rng):
    features, labels = rng.normal(size=(12, 3)), np.repeat([0, 1], 6)
    folds = np.tile([0, 1, 2], 4)
    judged = odds.judge(odds.odds_classifier(), features, labels, folds, features[:1])
    for fold in range(3):
        out = folds == fold
        other = odds.odds_classifier().fit(features[~out], labels[~out])
        np.testing.assert_allclose(judged.left_out[out], other.decision_function(features[out]))


def test_a_log_odds_map_adds_the_weight_of_each_windows_bin(pc_run):
    opened = PCSpace(pc_run)
    space, limit, bins = opened.space, opened.limit, opened.info.bins
    band = opened.band(pc_run.queries["sample_id"][0])
    weights = np.random.default_rng(0).normal(size=(1, bins, bins))
    planes = PCSpaceRequest(windows=(WINDOW,)).planes
    view = projections.View({WINDOW: space}, planes, bins, "clip", opened.extent)
    numbers = np.floor((space.coordinates(band) + limit) * bins / (2 * limit)).astype(int)
    numbers = numbers.clip(0, bins - 1)
    expected = on_grid(weights[0][numbers[..., 0], numbers[..., 1]], WINDOW, band.shape, GRID)
    np.testing.assert_allclose(projections.log_odds_map(band, view, weights), expected, rtol=1e-6)


@pytest.mark.parametrize("where", ["moments", "project"])
def test_an_interrupted_run_goes_on_and_gives_the_same_tables(tmp_path, monkeypatch, pc_run, where):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    module = {"moments": spaces, "project": projections}[where]
    true, calls = getattr(module, where), []

    def fail_in_the_midst(*args, **params):
        calls.append(args)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return true(*args, **params)

    data = write_kolektor(tmp_path / "data")
    whole = image_blocks.in_blocks
    monkeypatch.setattr(image_blocks, "in_blocks", lambda rows, size=4: whole(rows, size))
    monkeypatch.setattr(module, where, fail_in_the_midst)
    with pytest.raises(KeyboardInterrupt):
        run(small(data), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    known = blocks_of(tmp_path / "cache")
    assert known
    finished = run(small(data), tmp_path / "run")
    assert blocks_of(tmp_path / "cache").items() > known.items()
    assert_same(finished, pc_run)


def test_damaged_blocks_are_computed_again(tmp_path, monkeypatch, pc_run):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    data = write_kolektor(tmp_path / "data")
    run(small(data), tmp_path / "first")
    shards = list((tmp_path / "cache").rglob("*.block"))
    assert shards
    for path in shards:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert_same(run(small(data), tmp_path / "second"), pc_run)


def test_without_defective_training_images_the_rest_goes_on(tmp_path):
    n_defective = {"train": 0, "test": 3}
    data = write_kolektor(tmp_path / "data", n_defective=n_defective)
    finished = run(small(data), tmp_path / "run")
    assert finished.detectors == ["residual", "mahalanobis", "outside"]
    assert "there are 10 and 0" in finished.info.part.why_no_odds
    assert finished.table("coefficients").empty
    assert PCSpace(finished).coefficients is None
    assert metric(finished, "residual", "auroc") == 1


def test_without_defective_test_images_it_marks_some_and_says_what_metrics_lack(tmp_path):
    data = write_kolektor(tmp_path / "data", n_defective={"train": 4, "test": 0})
    finished = run(small(data), tmp_path / "run")
    assert "of 4 images are marked as defective" in finished.verdict
    table = finished.table("metrics").set_index(["detector", "metric"])
    assert np.isnan(table.loc[("odds", "auroc"), "value"])
    assert "anomalous ones are needed" in table.loc[("odds", "auroc"), "note"]
    assert np.isfinite(table.loc[("odds", "train_auroc"), "value"])


def test_training_images_without_labels_shape_the_space_but_not_the_odds(tmp_path):
    data = write_kolektor(tmp_path / "data")
    (data / "train" / "10000_GT.png").unlink()
    finished = run(small(data), tmp_path / "run")
    assert "train/10000.png" in finished.info.training_ids
    assert "train/10000.png" not in finished.info.part.labelled_ids
    assert len(finished.scores("odds", "training")) == N_TRAIN - 1


def test_without_normal_training_images_it_says_so(tmp_path):
    n_normal = {"train": 0, "test": 4}
    data = write_kolektor(tmp_path / "data", n_normal=n_normal)
    with pytest.raises(DatasetError, match="0 of 11 images can be fitted on, 4 others are known"):
        run(small(data), tmp_path / "run")


def test_without_labels_all_images_are_used(tmp_path):
    images = {f"{i}.png": image for i, image in enumerate(surfaces(6))}
    finished = run(small(write_images(tmp_path / "data", images)), tmp_path / "run")
    assert finished.info.is_unlabelled
    assert len(finished.info.training_ids) == len(finished.queries) == 6
    assert finished.detectors[0] == "residual"
    for name in ("mahalanobis", "outside"):
        assert "not known" in finished.info.verdicts[name].sentence
    assert "not known" not in finished.verdict


def test_labels_without_masks_give_image_metrics_and_a_reason_for_the_others(tmp_path):
    good, bad = surfaces(9), surfaces(3, seed=1, defect=True)
    names = [f"train/good/{i}.png" for i in range(6)] + [f"test/good/{i}.png" for i in range(3)]
    images = dict(zip(names, good, strict=True))
    images |= {f"test/hole/{i}.png": image for i, image in enumerate(bad)}
    finished = run(small(write_images(tmp_path / "data", images)), tmp_path / "run")
    table = finished.table("metrics").set_index(["detector", "metric"])
    assert np.isfinite(table.loc[("residual", "auroc"), "value"])
    assert table.loc[("residual", "au_pro"), "note"] == "no judged image has a mask"


def test_grey_and_constant_images_are_taken(tmp_path):
    images = {f"{i}.png": image[..., 0] for i, image in enumerate(surfaces(5))}
    images["5.png"] = np.full((48, 40), 7, np.uint8)
    finished = run(small(write_images(tmp_path / "data", images)), tmp_path / "run")
    assert np.isfinite(finished.scores("residual")["score"]).all()
    assert finished.scores("outside").set_index("sample_id").loc["5.png", "score"] == 0


def test_only_constant_training_images_are_refused(tmp_path):
    images = {f"{i}.png": np.full((48, 40), i, np.uint8) for i in range(4)}
    with pytest.raises(DatasetError, match="are the images constant"):
        run(small(write_images(tmp_path / "data", images)), tmp_path / "run")


def test_a_file_that_cannot_be_decoded_is_set_aside(tmp_path):
    images = {f"{i}.png": image for i, image in enumerate(surfaces(5))}
    data = write_images(tmp_path / "data", images)
    whole = (data / "3.png").read_bytes()
    middle = len(whole) // 2
    (data / "3.png").write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    finished = run(small(data), tmp_path / "run")
    assert len(finished.samples) == 4
    assert [item["sample_id"] for item in finished.info.broken] == ["3.png"]
    assert len(finished.scores("residual")) == 4


def test_an_image_smaller_than_the_window_is_named_with_both_sizes(tmp_path):
    images = {f"{i}.png": image for i, image in enumerate(surfaces(3))}
    images["tiny.png"] = images["0.png"][:20, :30]
    data = write_images(tmp_path / "data", images)
    with pytest.raises(ParameterError, match=r"'tiny.png' has 30 x 20 pixels .* window of 25"):
        run(PCSpaceRequest(data=data), tmp_path / "run")


@pytest.mark.parametrize(
    "wrong",
    [
        {"windows": (24,)},
        {"windows": (0,)},
        {"windows": ()},
        {"windows": (9, 9)},
        {"n_components": 1},
        {"bins": 1},
        {"limit": 0.0},
        {"C": 0.0},
        {"overflow": "wrap"},
        {"solver": "magic"},
        {"orient": "up"},
        {"search": True, "solver": "incremental"},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_used_are_refused(wrong):
    with pytest.raises(AnomalyLabError) as caught:
        PCSpaceRequest(**wrong)
    assert "\n" not in str(caught.value)


def test_as_published_end_to_end(tmp_path):
    data, out = write_kolektor(tmp_path / "data"), tmp_path / "run"
    words = ["recipe", "kolektor", str(data), "--preset", "original", "--window", str(WINDOW)]
    assert cli.main([*words, "-o", str(out)]) == 0
    finished = Run(out)
    space = finished.info.part
    assert {name: getattr(space, name) for name in PRESETS["original"]} == PRESETS["original"]
    counts = finished.table("features").filter(regex=r"^\d+_").sum(axis=1)
    samples = finished.samples
    n_windows = (samples["height"] - WINDOW + 1) * (samples["width"] - WINDOW + 1)
    kept = n_windows * (1 - finished.table("features")["dropped"])
    np.testing.assert_allclose(counts, kept)
    assert metric(finished, "odds", "train_ap") > 0.5


def test_several_windows_and_components_make_a_plane_of_each_pair(tmp_path):
    finished = make_pc_run(tmp_path, windows=(9, 5), n_components=3, bins=4)
    opened = PCSpace(finished)
    assert opened.histograms.shape[1:] == (6, 4, 4)
    assert opened.coefficients.shape == (6, 4, 4)
    assert len(finished.table("coefficients")) == 6 * 16
    assert opened.info.limits == pytest.approx([21.6, 12.0])
    assert opened.density("normal", 2).sum() == opened.density("normal", 0).sum()


def test_two_runs_give_the_same_tables(tmp_path, pc_run):
    assert_same(make_pc_run(tmp_path), pc_run)


def test_the_odds_find_generated_defects(tmp_path):
    finished = run(PCSpaceRequest(), tmp_path / "run")
    assert metric(finished, "odds", "ap") >= 0.95
    assert PCSpace(finished).image(finished.samples["sample_id"][0]).shape == (224, 224, 3)


def test_the_command_line_runs_it_and_says_what_is_wrong_in_one_line(tmp_path, capsys):
    data = write_kolektor(tmp_path / "data")
    out = tmp_path / "run"
    words = ["recipe", "kolektor", str(data), "--window", "9", "--counts", "-o", str(out)]
    assert cli.main(words) == 0
    assert "defective test images" in capsys.readouterr().out
    command = Run(out).info.command
    assert command == "anomalylab recipe pc-space data --window 9 --counts -o reports/run"
    assert cli.main(["recipe", "kolektor", str(data), "--window", "8"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_bulk_of_the_residual_is_that_of_the_normal_training_windows(pc_run):
    pc = PCSpace(pc_run)
    parts = [pc.cloud(name).along("residual").ravel() for name in pc_run.info.training_ids]
    windows = np.concatenate(parts).astype(float)
    np.testing.assert_allclose(pc.residual, (windows.mean(), windows.std()), rtol=1e-5)


def test_findings_and_verdicts_say_what_this_recipe_does(pc_run):
    said = " ".join(finding.message for finding in pc_run.info.findings)
    assert "resized" not in said
    assert "left out of PC space" in said
    for verdict in pc_run.info.verdicts.values():
        assert not verdict.sentence[0].islower()  # a capital or a number
