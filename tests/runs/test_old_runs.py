"""A run written by an old version opens for ever."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.apps.detect.judgements import judgements
from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports import detect, metric_learning, pc_space, pni, study
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.kinds import KINDS
from anomalylab.runs.score import score

OLD = Path(__file__).parents[1] / "data"


@pytest.fixture(params=["run_v1"])
def old(request):
    return Run(OLD / request.param)


def test_every_table_of_an_old_run_can_be_read(old):
    for name, table in TABLES.items():
        table.check(old.table(name))
    assert old.score_maps("knn").shape == (6, 14, 14)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("verdict", "patchcore finds 6 of 6 defective images"),
        ("explorer", '{"id":"image_009.png","name":"image_009.png"'),
        ("curves", "patchcore  0.990"),
        ("comparison", "0.97 to 1.00"),
        ("provenance", "anomalylab run fake"),
    ],
)
def test_every_part_of_the_page_can_be_made_of_an_old_run(old, part, told):
    assert told in getattr(detect, part)(old).html


def test_the_views_can_be_made_of_an_old_run(old):
    assert len(judgements(old, "patchcore")) == 6


def unpacked(name, folder):
    """One of the runs that are kept as archives, of images that are not kept."""
    with zipfile.ZipFile(OLD / f"{name}.zip") as archive:
        archive.extractall(folder)
    return Run(folder / name)


@pytest.fixture(params=["pc_space_v1", "pc_space_v2_before_odds", "pc_space_v2"])
def old_pc(request, tmp_path):
    return PCSpace(unpacked(request.param, tmp_path))


def test_a_run_of_each_kind_as_this_version_writes_it_is_kept():
    assert {path.stem.rpartition("_v")[0] for path in OLD.glob("*_v2.zip")} == set(KINDS)


def test_a_study_that_was_made_before_can_be_read_and_shown_without_its_images(tmp_path):
    old = unpacked("study_v2", tmp_path)
    old.check()
    for name in ("study_cells", "study_metrics", "study_scores", "study_times"):
        assert len(TABLES[name].check(old.table(name)))
    assert old.info.part.strategies == ["sroc leave_out=group", "random", "perfect"]
    assert (old.table("study_cells")["status"] == "done").all()
    found = study.findings(old)
    for part in (study.headline, study.explorer, study.standing, study.values):
        assert len(part(found).html) > 100
    assert "anomalylab study study.toml" in study.provenance(old).html


def test_trained_networks_of_before_can_be_read_and_shown_without_images_or_weights(tmp_path):
    old = unpacked("metric_learning_v2", tmp_path)
    old.check()
    for name in (name for name in TABLES if name.startswith("metric_")):
        assert len(TABLES[name].check(old.table(name)))
    assert old.info.part.losses == ["arcface", "center"]
    found = metric_learning.opened(old)
    assert "Trained on images and their twins" in metric_learning.headline(old).html
    for part in ("values", "gallery", "heat", "embedding", "classes", "curves"):
        assert len(getattr(metric_learning, part)(found).html) > 100


def test_auto_encoders_of_before_can_be_read_without_images_or_weights(tmp_path):
    old = unpacked("autoencoder_v2", tmp_path)
    old.check()
    for name in (name for name in TABLES if name.startswith("autoencoder_")):
        assert len(TABLES[name].check(old.table(name)))
    assert (old.info.part.architecture, old.info.part.latents) == ("tiny", [8, 64])
    assert old.verdict.startswith("At 0.")


def test_a_comparison_with_patchcore_of_before_can_be_read_and_shown_without_its_images(tmp_path):
    old = unpacked("pni_v2", tmp_path)
    old.check()
    for name in (name for name in TABLES if name.startswith("pni_")):
        assert len(TABLES[name].check(old.table(name)))
    assert old.info.part.variants == ["patchcore", "pni", "pni-position", "pni-neighbourhood"]
    assert "PatchCore on the same memory" in pni.headline(old).html
    found = pni.opened(old)
    for part in ("gains", "explain", "allowed", "maps"):
        assert len(getattr(pni, part)(found).html) > 1000
    assert "alone" in pni.values(found).html
    assert pni.curves(found).html.count("<figure") == 6  # two networks, and four that refine
    assert "anomalylab recipe pni brick" in pni.provenance(old).html


def test_every_table_of_an_old_pc_space_can_be_read(old_pc):
    for name, table in TABLES.items():
        table.check(old_pc.run.table(name))
    assert old_pc.run.kind is KINDS["pc_space"]
    assert old_pc.run.detectors == ["odds", "forest", "residual", "mahalanobis", "outside"]
    assert old_pc.run.score_maps("odds").shape == (2, 64, 64)
    assert old_pc.windows == [9]
    assert len(old_pc.info.labelled_ids) == (old_pc.samples["split"] == "train").sum()
    assert (old_pc.log_odds is None) == (old_pc.run.folder.name != "pc_space_v2")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("verdict", "a square of 9 × 9 pixels"),
        ("densities", "<svg"),
        ("odds", "PC1"),
        ("histogram", "outermost bins"),
        ("curves", "among test images?"),
        ("results", "Odds"),
        ("provenance", "anomalylab recipe"),
        ("explorer", "the images are not where they were; give their folder with --data"),
    ],
)
def test_every_part_of_the_page_can_be_made_of_an_old_pc_space_without_its_images(
    old_pc, part, told
):
    assert told in getattr(pc_space, part)(old_pc).html


def test_the_tables_of_the_same_images_are_the_same_in_both_versions(tmp_path):
    before, after = (
        unpacked(f"pc_space_{version}", tmp_path) for version in ("v1", "v2_before_odds")
    )
    for name in set(TABLES) - {"timings"}:
        added = ["category", "group"]  # the one is the folder's name, the other is new
        old, new = (run.table(name).drop(columns=added, errors="ignore") for run in (before, after))
        pd.testing.assert_frame_equal(old, new, check_dtype=False, check_like=True)


def test_an_old_run_of_detectors_scores_new_images(tmp_path):
    base = unpacked("detect_v2", tmp_path)
    rng = np.random.default_rng(0)
    (tmp_path / "new").mkdir()
    for number in range(2):
        noise = rng.integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "new" / f"{number}.png")
    scored = score(base.folder, tmp_path / "new", tmp_path / "scored")
    assert (scored.scores("mahalanobis")["score"] > base.threshold("mahalanobis")).all()
    assert scored.info.scored_with.run == base.info.name
