"""A study says what it was made of, what failed, and what it would compute."""

import numpy as np
import pytest
from PIL import Image
from study_folders import SMALL

from anomalylab.cli.main import main
from anomalylab.runs.folder import Run

pytestmark = pytest.mark.xdist_group("study")


def test_the_run_says_what_it_was_made_of_and_what_it_found(finished):
    info = finished.info
    assert finished.kind.name == "study"
    assert info.command == "anomalylab study mine.toml -o reports/out"
    assert info.dataset.loader == "mvtec_ad"
    assert info.part.extractor.weights.startswith("lite0")
    assert info.part.strategies[0] == "sroc leave_out=group"
    assert list(info.verdicts) == info.part.fitted == ["knn-k=2", "padim", "patchcore-coreset=0.5"]
    assert finished.verdict.startswith("knn-k=2: 25\u202f% polluted: AUROC ")
    assert finished.verdict in finished._repr_html_()
    assert set(finished.table("thumbnails")["sample_id"]) == set(finished.samples["sample_id"])
    assert (finished.table("study_times")["seconds"] > 0).all()
    finished.check()


def test_a_cell_that_fails_has_its_reason_and_the_others_go_on(small, tmp_path, capsys):
    assert main(small) == 0
    finished = Run(tmp_path / "out")
    cells = finished.table("study_cells").set_index(["study", "strategy", "reject"])["reason"]
    assert cells["pollution", "none", 0.0] == ""
    assert cells["refinement", "random", 0.1] == ""  # 11 of 12 images are kept, then 10, then 8
    assert cells["refinement", "random", 0.2] == ""
    assert "8 images are too few" in cells["refinement", "random", 0.4]
    assert cells["refinement", "sroc", 0.1] == ""
    scores = finished.table("study_scores")
    assert not (scores["reject"] == 0.4).any()
    assert finished.info.part.n_failed == 2
    told = capsys.readouterr().out
    assert "WARNING: 2 cells of 7 could not be computed, as that of brittle on part: " in told


def test_images_that_pollute_and_are_judged_have_two_scores(small, tmp_path, capsys):
    assert main(small) == 0
    scores = Run(tmp_path / "out").table("study_scores")
    polluted = scores[scores["study"] == "pollution"]
    n_roles = polluted[polluted["label"] == 1].groupby("sample_id")["role"].nunique()
    assert sorted(n_roles) == [1, 1, 1, 2, 2, 2]  # 3 of 6 defects are in the training set, too
    assert "are judged, too" in capsys.readouterr().out


def test_what_pollutes_and_is_judged_of_one_part_is_told(small, tmp_path, capsys):
    text = SMALL.replace('protocol = "append-overlap"', "")
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    defects = sorted((tmp_path / "data" / "part" / "test").glob("*/*.png"))
    defects = [path for path in defects if path.parent.name != "good"]
    for path in defects:  # one picture, moved by a pixel: near copies of each other
        shift = defects.index(path)
        pixels = np.roll(np.asarray(Image.open(defects[0])), shift, axis=1)
        Image.fromarray(pixels).save(path)
    assert main(small) == 0
    assert (
        "have images both among the pollution and among what is judged" in capsys.readouterr().out
    )


def test_a_dry_run_tells_what_would_be_computed_and_computes_nothing(small, tmp_path, capsys):
    assert main([*small, "--dry-run", "--workers", "2"]) == 0
    told = capsys.readouterr().out
    assert "part: 12 good training images, up to 3 defective ones for them, 10 images to be" in told
    assert "7 cells, at most 7 different training sets, 2 rankings" in told
    assert "with 2 workers" in told
    assert "memory: up to " in told
    assert not (tmp_path / "out").exists()
