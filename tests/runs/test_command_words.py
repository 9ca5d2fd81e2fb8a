"""All commands name images and plugins in the same words, and no folder of a person."""

import shlex
from pathlib import Path

import pytest

from anomalylab.runs.kinds import KINDS, recipes, resolve

TABLE = {
    "data": Path("/home/me/parts.csv"),
    "dataset": "table",
    "dataset_params": {"images": Path("/home/me/pictures"), "group": "part", "test": ["a", "b c"]},
    "plugins": (Path("/home/me/mine.py"),),
}


@pytest.mark.parametrize("kind", [KINDS["detect"], *recipes()], ids=lambda kind: kind.name)
def test_a_command_names_a_table_its_images_and_plugins_by_their_last_names(kind):
    command = resolve(kind.request)(**TABLE).command(Path("/home/me/reports/new"))
    words = shlex.split(command)
    assert "/home" not in command
    assert words[len(kind.made_by.split()) :][:1] == ["parts.csv"]
    told = " ".join(words)
    assert "--dataset table --images pictures --group part --test a --test b c" in told
    assert "--plugin mine.py" in told
    assert told.endswith("-o reports/new")
