"""The recipe from the command line to a page: tiny networks on built-in images."""

import shutil

import numpy as np
import pytest

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.runs.folder import TABLES, Run
from anomalylab.schema.metric_learning import KEY

pytestmark = pytest.mark.xdist_group("metric_learning")

NUMBERS = {"n_train": 12, "n_test_good": 4, "n_test_defect": 6, "size": 64}
RECIPE = ["recipe", "metric-learning"]
TINY = ["--preset", "tiny"]


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    root = tmp_path_factory.mktemp("textures")
    for category in ("brick", "grass"):
        make_textures(root, category=category, **NUMBERS)
    return root


@pytest.fixture(scope="module")
def finished(textures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "brick"
    words = [*RECIPE, str(textures / "brick"), *TINY, "--loss", "arcface,center", "-o", str(out)]
    assert main(words) == 0
    return Run(out)


def test_a_run_holds_every_table_of_every_trial(finished):
    finished.check()
    own = {name: table for name, table in TABLES.items() if name.startswith("metric_")}
    assert len(own) == 8
    for name, table in own.items():
        rows = table.check(finished.table(name))
        assert rows.groupby(list(KEY)).ngroups == 2, name
    part = finished.info.part
    assert (part.experiment, part.losses, part.preset) == ("twins", ["arcface", "center"], "tiny")
    assert finished.verdict in finished._repr_html_()
    assert "/" not in finished.info.dataset.root_name
    assert finished.info.command.startswith(
        "anomalylab recipe metric-learning brick --loss arcface,center --experiment twins"
    )


def test_random_weights_are_told_in_plain_sight(finished):
    assert "RANDOM" in finished.info.part.body
    assert any("RANDOM weights" in finding.message for finding in finished.info.findings)


def test_the_same_command_again_trains_nothing_and_gives_the_same_tables(
    finished, textures, tmp_path, monkeypatch, capsys
):
    def refuse(*args, **options):
        raise AssertionError("trained again")

    monkeypatch.setattr("anomalylab.training.embedding.train_embedding", refuse)
    words = [str(textures / "brick"), *TINY, "--loss", "center,arcface", "-o", str(tmp_path / "x")]
    assert main([*RECIPE, *words]) == 0
    assert finished.verdict.split(",")[0] in capsys.readouterr().out
    again = Run(tmp_path / "x")
    for name in ("metric_distances", "metric_values", "metric_curves"):
        one, other = (
            run.table(name).sort_values(["loss", *TABLES[name].key], ignore_index=True)
            for run in (finished, again)
        )
        assert one.equals(other), name


def test_classes_are_the_folders_of_a_data_set_and_want_two(textures, tmp_path, capsys):
    words = [*TINY, "--experiment", "classes", "-o", str(tmp_path / "x")]
    assert main([*RECIPE, str(textures / "brick"), *words]) == 1
    error = capsys.readouterr().err
    assert "is given one, brick" in error
    assert error.count("\n") == 1
    assert main([*RECIPE, str(textures), *words]) == 0
    values = Run(tmp_path / "x").table("metric_values")
    assert sorted(values["category"].unique()) == ["brick", "grass"]
    assert "Trained to tell 2 categories apart" in capsys.readouterr().out


def test_one_defect_tells_the_honest_figure_and_refuses_data_without_defects(
    textures, tmp_path, capsys
):
    words = [*TINY, "--experiment", "one-defect", "-o", str(tmp_path / "x")]
    assert main([*RECIPE, str(textures / "brick" / "train"), *words]) == 1
    assert "take the experiment twins" in capsys.readouterr().err
    assert main([*RECIPE, str(textures / "brick"), *words, "--defect", "spot"]) == 0
    run = Run(tmp_path / "x")
    values = run.table("metric_values").set_index("metric")["value"]
    assert np.isfinite(values[["auroc", "auroc_untrained"]]).all()
    assert "spot" in run.verdict
    assert "trained on among those that are judged" in run.info.verdicts["metric_learning"].reason


def test_what_cannot_be_is_refused_in_a_line_before_any_work(textures, tmp_path, capsys):
    data = str(textures / "brick")
    for words, told in (
        (["--loss", "arcfase"], "did you mean 'arcface'"),
        (["--options", "plase=on-blob"], "did you mean 'place'"),
        (["--options", "loss=center"], "option of its own"),
        (["--category", "wood"], "unknown category 'wood'"),
        (["--defect", "spot"], "in the experiment one-defect"),
        (["--seed", "x"], "seeds are whole numbers"),
        (["--options", "device=cuda:7"], "cuda:7"),
        (["--also", data], "two folders hold a category 'brick'"),
    ):
        assert main([*RECIPE, data, *TINY, *words, "-o", str(tmp_path / "x")]) == 1
        error = capsys.readouterr().err
        assert told in error
        assert error.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_a_run_of_other_images_is_replaced_only_if_that_is_allowed(finished, textures, capsys):
    words = [*RECIPE, str(textures / "grass"), *TINY, "-o", str(finished.folder)]
    assert main(words) == 1
    assert "holds" in capsys.readouterr().err


def test_a_category_that_is_too_small_is_left_out_and_said(textures, tmp_path, capsys):
    for name in ("brick", "tiny_one"):
        source = textures / "brick"
        shutil.copytree(source, tmp_path / "data" / name)
    for path in sorted((tmp_path / "data/tiny_one/train/good").iterdir())[1:]:
        path.unlink()
    words = [str(tmp_path / "data"), *TINY, "-o", str(tmp_path / "x")]
    assert main([*RECIPE, *words]) == 0
    assert "WARNING: tiny_one is left out: of 11 images 1 can be" in capsys.readouterr().out
    part = Run(tmp_path / "x").info.part
    assert part.categories == ["brick"]
    assert list(part.left_out) == ["tiny_one"]
