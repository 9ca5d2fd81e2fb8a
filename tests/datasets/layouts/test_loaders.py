"""Layouts are found out; loaders of plugins are checked; their options are those of a command."""

from pathlib import Path

import pandas as pd
import pytest

from anomalylab import datasets
from anomalylab.datasets import LoaderRegistry, Option
from anomalylab.errors import DatasetError, ParameterError, SchemaError
from anomalylab.schema import SAMPLES


def test_layouts_are_found_out(mvtec, tmp_path):
    assert datasets.detect_layout(mvtec) == "mvtec_ad"
    assert datasets.detect_layout(mvtec / "bottle") == "mvtec_ad"
    assert datasets.detect_layout(mvtec / "bottle/train") == "folder"
    (tmp_path / "t.CSV").write_text("path")
    assert datasets.detect_layout(tmp_path / "t.CSV") == "table"
    with pytest.raises(DatasetError, match="neither a folder nor"):
        datasets.detect_layout(tmp_path / "missing")


def test_the_kolektor_layouts_are_found_out(kolektor, write):
    assert datasets.detect_layout(kolektor) == "kolektor_sdd"
    write("second/train/1.png", "second/train/1_GT.png")
    assert datasets.detect_layout(kolektor / "second") == "kolektor_sdd2"


def test_a_loader_of_a_plugin_is_checked(monkeypatch):
    registry = LoaderRegistry()

    @registry.register("made up")
    def load(root):
        return pd.DataFrame(
            {name: ["x"] for name in SAMPLES.columns}
            | {"label": [2], "width": [1], "height": [1], "split": ["test"]}
        )

    monkeypatch.setattr(datasets, "registry", registry)
    with pytest.raises(SchemaError, match=r"label must be one of \[0, 1\]"):
        datasets.load("made up", None)


def load_nothing(root, *, shelf=None, preset=None):
    return pd.DataFrame()


def test_a_folder_that_two_loaders_know_is_refused_unless_one_of_them_is_meant(tmp_path):
    registry = LoaderRegistry()
    registry.register("special", fits=Path.is_dir)(load_nothing)
    assert registry.detect(tmp_path) == "special"
    registry.register("general", fits=Path.is_dir)(load_nothing)
    with pytest.raises(DatasetError, match="general, special; say which with --dataset"):
        registry.detect(tmp_path)
    registry.register("special", fits=Path.is_dir, rather_than=["general"])(load_nothing)
    assert registry.detect(tmp_path) == "special"


def test_an_option_that_no_parameter_takes_is_refused():
    with pytest.raises(ParameterError, match="no parameter 'shlef'"):
        LoaderRegistry().register("a", options={"shlef": Option(help="which")})(load_nothing)


def test_two_loaders_share_an_option_of_one_name():
    registry = LoaderRegistry()
    easy, hard = (Option(help=name, choices=(name,)) for name in ("easy", "hard"))
    registry.register("a", options={"preset": easy, "shelf": easy})(load_nothing)
    registry.register("b", options={"preset": hard, "shelf": Option(help="easy")})(load_nothing)
    assert registry.options()["preset"] == Option(help="easy; hard", choices=("easy", "hard"))
    assert registry.options()["shelf"] == Option(help="easy")
