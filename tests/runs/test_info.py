"""run.json: typed, upgraded, and refused in one line that names file and field."""

import json

import pytest
from fakes import fake_run

from anomalylab.cli.main import main
from anomalylab.errors import RunError
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.runs.folder import Run
from anomalylab.runs.info import DetectInfo, plain, read_info
from anomalylab.runs.kinds import KINDS, kind_spelled, resolve
from anomalylab.schema import SCHEMA_VERSION


@pytest.fixture
def folder(tmp_path):
    return fake_run(tmp_path / "fake").folder


def stored(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def store(folder, info):
    (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")


def said(capsys, *words):
    """What the command line says in the one line it refuses with."""
    assert main([str(word) for word in words]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_what_is_read_is_what_was_written(folder):
    info = read_info(folder)
    assert info.kind == "detect"
    assert info.part_of(DetectInfo).extractor.size == (224, 224)
    assert plain(info)["verdicts"] == stored(folder)["verdicts"]
    assert stored(folder)["schema_version"] == SCHEMA_VERSION


def test_the_part_of_another_kind_is_refused_and_the_way_to_show_the_run_is_said(folder):
    with pytest.raises(RunError, match="holds scores of detectors; use: anomalylab serve detect"):
        Run(folder).info.part_of(PCSpaceInfo)


@pytest.mark.parametrize("field", ["created", "verdicts", "dataset", "kind"])
def test_a_field_that_is_missing_is_named_with_its_file(folder, capsys, field):
    info = stored(folder)
    del info[field]
    store(folder, info)
    line = said(capsys, "report", folder)
    assert "run.json lacks the field" in line
    assert field in line


def test_a_missing_field_of_a_part_is_named_with_its_way(folder, capsys):
    info = stored(folder)
    del info["detect"]["extractor"]["weights"]
    store(folder, info)
    assert "run.json lacks the field detect.extractor.weights" in said(capsys, "report", folder)
    del info["detect"]
    store(folder, info)
    assert "run.json lacks the field detect" in said(capsys, "report", folder)


def test_a_field_of_a_wrong_type_is_named(folder, capsys):
    info = stored(folder)
    info["detect"]["smoothing"] = "much"
    store(folder, info)
    line = said(capsys, "report", folder)
    assert "run.json has a wrong value in the field detect.smoothing" in line
    assert "expected `float`" in line


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"name": "x"}', "\xff\xfe"])
def test_a_file_that_is_no_run_is_told_by_name(folder, capsys, text):
    (folder / "run.json").write_bytes(text.encode("latin-1"))
    assert "run.json" in said(capsys, "report", folder)


def test_a_run_of_an_unknown_kind_names_the_kinds_that_are_known(folder, capsys):
    store(folder, stored(folder) | {"kind": "séance"})
    line = said(capsys, "score", folder, folder, "-o", folder.parent / "new")
    assert "of the kind 'séance', which this version does not know" in line
    assert "detect, pc_space" in line


def test_a_newer_schema_is_refused(folder, capsys):
    store(folder, stored(folder) | {"schema_version": 99})
    assert "was written with schema 99" in said(capsys, "notebook", "detect", folder)


def test_each_kind_can_be_named_in_code_in_words_and_by_its_old_name():
    for name in ("pc_space", "pc-space", "kolektor"):
        assert kind_spelled(name) is KINDS["pc_space"]
    assert kind_spelled("detect") is KINDS["detect"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_whatever_a_kind_names_is_there(kind):
    for place in (kind.part, kind.request, kind.make, kind.app, kind.score):
        assert place is None or callable(resolve(place))
    if kind.options:
        module = resolve(kind.options)
        assert module.SUMMARY
        assert callable(module.add_options)
        assert callable(module.request)


@pytest.mark.parametrize("word", ["pc_space", "pc-space", "kolektor"])
def test_serve_and_notebook_take_every_spelling(folder, capsys, word):
    assert "holds scores of detectors" in said(capsys, "serve", word, folder)
    assert "anomalylab notebook detect" in said(capsys, "notebook", word, folder)
