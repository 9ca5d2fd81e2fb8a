"""What a study cannot do is refused in words, before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from study_folders import STUDY, changed

from anomalylab.cli.main import main
from anomalylab.errors import InfeasiblePollution, ParameterError, UnknownNameError
from anomalylab.studies.check import checked
from anomalylab.studies.run import run
from anomalylab.studies.toml import read_study

pytestmark = pytest.mark.xdist_group("study")


def test_a_category_with_too_few_defects_is_left_out_and_said_or_refused(request_, finished):
    left_out = finished.info.part.left_out
    assert list(left_out) == ["grass"]
    assert "0.25 of 12 good training images are 3" in left_out["grass"]
    assert any("grass is left out" in one.message for one in finished.info.findings)
    with pytest.raises(InfeasiblePollution, match=r"grass: 0\.25 of 12 good training images are 3"):
        checked(replace(request_, categories=("grass",)))
    with pytest.raises(UnknownNameError, match="unknown category 'pert'; did you mean 'part'"):
        checked(replace(request_, categories=("pert",)))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"padim"', '"padin"', "unknown detector 'padin'; did you mean 'padim'"),
        ('"padim"', '"padim:kk=3"', "unknown option of detector 'padim' 'kk'"),
        ('"random"', '"randon"', "unknown strategy 'randon'; did you mean 'random'"),
        ("folds=3", "fold=3", "unknown option of strategy 'cross-validation' 'fold'"),
        ("folds=3", "folds=1", "folds is a whole number from 2, not 1"),
        ("folds=3", "folds=13", "images are dealt into 2 to 12 parts"),
        ('"perfect"', '"perfect:k=3"', "strategy 'perfect' has no options"),
        ('"perfect"', '"cells"', "'cells' takes cells out of a memory, and knn has none"),
        ('"perfect"', '"sroc:replace=2"', "unknown value of replace '2'"),
        ('"perfect"', '"sroc:replace=true"', "replacing 6 of 12 images takes as many other"),
        ("leave_out=group", "leave_out=all", "unknown value of leave_out 'all'"),
        ("[0.0, 0.5]", "[0.9]", "2 of 12 training images are left when 90.% are removed"),
        ("k=2", "k=9", r"6 of 12 training images.*compares with k=9 others, needs 10"),
        ('"padim"', '"pni@tiny:n_kinds=40"', "of the 6 .* 4 are left, and pni keeps 32 of 64 "),
        ('"padim"', '"padim:levels=block9"', "unknown level of padim-levels=block9 'block9'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_computed(
    folder, tmp_path, monkeypatch, before, after, message
):
    wrong = changed(STUDY, before, after, folder, tmp_path)
    monkeypatch.setattr("anomalylab.studies.run.embedded", None)
    with pytest.raises((ParameterError, UnknownNameError), match=message):
        run(read_study(wrong), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_study_over_images_that_have_changed_is_refused_and_says_which(small, tmp_path, capsys):
    assert main(small) == 0
    good = tmp_path / "data" / "part" / "train" / "good"
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(good / "003.png")
    (good / "004.png").unlink()
    Image.fromarray(np.full((64, 64, 3), 99, np.uint8)).save(good / "new.png")
    before = (tmp_path / "out" / "run.json").read_bytes()
    assert main(small) == 1
    told = capsys.readouterr().err
    assert "1 image is changed, as 'part/train/good/003.png'" in told
    assert "1 image is gone, as 'part/train/good/004.png'" in told
    assert "1 image is new, as 'part/train/good/new.png'" in told
    assert (tmp_path / "out" / "run.json").read_bytes() == before
    assert main([*small, "--replace"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            "name a study as a TOML file, or one that is built in with --preset: cutpaste, quick, ",
        ),
        (
            ["mine.toml", "--preset", "quick"],
            "name a study as a TOML file, or one that is built in",
        ),
        (["none.toml"], "there is no study 'none.toml'"),
        (["--preset", "quick"], "give a folder of images"),
        (["--preset", "quick", "nowhere"], "nowhere does not exist"),
    ],
)
def test_a_study_that_is_not_named_or_not_there_is_refused(arguments, message, capsys):
    assert main(["study", *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["suspects", "sensitivity", "score", "reveal"])
def test_commands_about_judged_images_refuse_a_study(finished, tmp_path, command, capsys):
    more = [str(finished.folder), "-o", str(tmp_path / "x")] if command == "score" else []
    if command == "reveal":
        table = tmp_path / "labels.csv"
        table.write_text("image_path,label\npart/test/good/000.png,0\n", encoding="utf-8")
        more = ["--labels", str(table)]
    assert main([command, str(finished.folder), *more]) == 1
    assert "holds a study of polluted training sets" in capsys.readouterr().err
