"""Notebooks are run with checked parameters and kept as the record."""

import re
from pathlib import Path

import nbformat
import pytest
from fakes import fake_run
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.channels import HBChannel

from anomalylab.cli.main import main
from anomalylab.errors import ParameterError, RunError, UnknownNameError
from anomalylab.reports import fill_notebook, find_notebook, run_notebook, working_copy
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.kit.notebooks import (
    FINISHED,
    PLACES,
    NotebookError,
    check_parameters,
    notebook_parameters,
)
from anomalylab.reports.kit.page import export_html, page_sections

NAMES = sorted({path.stem for place in PLACES for path in place.glob("*.ipynb")})

WHOLE = 1_000_000
"""Characters; the scripts of Bokeh and Panel have more, what belongs to them has fewer."""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A place with one small notebook, whose last cell is given."""
    place = tmp_path / "notebooks"
    place.mkdir()
    monkeypatch.setattr("anomalylab.reports.kit.notebooks.PLACES", (place,))

    def write(*cells):
        parameters = nbformat.v4.new_code_cell("n_images = 3\nshare = 0.5\nname = 'a'\n")
        parameters.metadata["tags"] = ["parameters"]
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=[parameters, *code])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "language": "python",
            "display_name": "Python 3",
        }
        nbformat.write(notebook, place / "toy.ipynb")
        return tmp_path / "out {1}.ipynb"

    return write


def test_an_unknown_notebook_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'detect'"):
        find_notebook("detct")


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'detector'"):
        check_parameters("detect", {"detectr": "knn"})


@pytest.mark.parametrize(("key", "value"), [("run", 3), ("detector", None), ("plugins", "a.py")])
def test_a_value_of_another_type_is_refused_before_anything_runs(tmp_path, key, value):
    with pytest.raises(ParameterError, match=f"parameter '{key}' .* must be"):
        run_notebook("detect", tmp_path / "out.ipynb", **{key: value})
    assert list(tmp_path.iterdir()) == []


def test_a_whole_number_may_stand_for_a_share_but_a_truth_value_for_no_number(toy):
    toy()
    check_parameters("toy", {"share": 1})
    with pytest.raises(ParameterError, match="must be int"):
        check_parameters("toy", {"n_images": True})
    with pytest.raises(ParameterError, match="must be float"):
        check_parameters("toy", {"share": "0.5"})


def test_a_run_notebook_keeps_its_outputs_and_forgets_this_machine(toy, tmp_path):
    out = toy("import sys\nprint(n_images, sys.executable)", f"print({FINISHED!r})")
    assert run_notebook("toy", out, n_images=7) == out
    notebook = nbformat.read(out, as_version=4)
    import sys

    printed = [o.text for c in notebook.cells for o in c.get("outputs", [])]
    assert printed[0] == f"7 {sys.executable}\n"
    assert str(tmp_path) not in str(notebook.metadata)
    assert not out.with_suffix(".log").exists()


def test_a_failing_notebook_is_kept_with_a_log(toy):
    out = toy("print('before')", "1 / 0", f"print({FINISHED!r})")
    with pytest.raises(NotebookError, match=r"ZeroDivisionError.*out \{1\}\.ipynb"):
        run_notebook("toy", out)
    assert "before" in out.read_text(encoding="utf-8")
    assert out.with_suffix(".log").is_file()


def test_a_notebook_that_lost_its_last_output_is_refused(toy):
    with pytest.raises(NotebookError, match="lost the output"):
        run_notebook("toy", toy("print('nearly')"))


def test_no_thread_beside_uses_the_sockets_of_a_kernel(toy, monkeypatch):
    def refuse(self):
        raise AssertionError("this thread polls a socket that another one closes")

    monkeypatch.setattr(HBChannel, "start", refuse)
    run_notebook("toy", toy(f"print({FINISHED!r})"))


def test_a_kernel_that_dies_is_told(toy):
    out = toy("print('before')", "import os; os.kill(os.getpid(), 9)", f"print({FINISHED!r})")
    with pytest.raises(NotebookError, match=r"failed: Kernel died"):
        run_notebook("toy", out)
    assert "before" in out.read_text(encoding="utf-8")


def test_each_run_of_the_cell_that_prepares_brings_all_scripts(toy):
    prepare, by_hand = "%reload_ext anomalylab", "import holoviews; holoviews.extension('bokeh')"
    out = run_notebook("toy", toy(prepare, prepare, by_hand, prepare, f"print({FINISHED!r})"))
    cells = {
        number: [o.get("data", {}).get("application/javascript", "") for o in cell.outputs]
        for number, cell in enumerate(nbformat.read(out, as_version=4).cells)
    }
    whole = [sum(len(script) > WHOLE for script in scripts) for scripts in cells.values()]
    assert whole == [0, 1, 1, 0, 1, 0]


def test_a_filled_notebook_has_the_values_and_no_outputs(tmp_path):
    out = fill_notebook("detect", tmp_path / "mine.ipynb", run="reports/demo's")
    notebook = nbformat.read(out, as_version=4)
    nbformat.validate(notebook)
    values = {}
    exec(
        next(c.source for c in notebook.cells if "parameters" in c.metadata.get("tags", [])), values
    )
    assert values["run"] == "reports/demo's"
    assert values["detector"] == notebook_parameters("detect")["detector"]
    assert all(c.outputs == [] for c in notebook.cells if c.cell_type == "code")


def test_a_working_copy_names_its_run_by_its_place_from_any_folder(tmp_path, monkeypatch):
    run = fake_run(tmp_path / "reports" / "a run").folder
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for given in (run, Path("../reports/a run")):
        for out in (tmp_path / "desk" / "mine.ipynb", Path("../desk/mine.ipynb")):
            working_copy("detect", given, out)
            text = out.read_text(encoding="utf-8")
            assert "'../reports/a run'" in text
            assert str(tmp_path) not in text
            out.unlink()


def test_a_working_copy_overwrites_nothing_and_wants_a_finished_run(tmp_path):
    run = fake_run(tmp_path / "run").folder
    out = tmp_path / "mine.ipynb"
    with pytest.raises(RunError, match="holds no finished run"):
        working_copy("detect", tmp_path / "nothing", out)
    out.write_text("my work", encoding="utf-8")
    with pytest.raises(ParameterError, match="may hold your work"):
        working_copy("detect", run, out)
    assert out.read_text(encoding="utf-8") == "my work"
    with pytest.raises(RunError, match="cannot write"):
        working_copy("detect", run, out / "below a file.ipynb")


def test_the_command_writes_a_working_copy(tmp_path, monkeypatch, capsys):
    fake_run(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    assert main(["notebook", "detect", "run", "-o", "notes/x.ipynb"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("notes/x.ipynb"))
    assert "run = '../run'" in nbformat.read("notes/x.ipynb", as_version=4).cells[1].source


def test_cells_for_the_keyboard_are_in_the_copy_and_not_in_the_record(toy, tmp_path):
    out = toy("n_images / 0", f"print({FINISHED!r})")
    source = find_notebook("toy")
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[1].metadata["tags"] = ["live"]
    nbformat.write(notebook, source)
    recorded = nbformat.read(run_notebook("toy", out), as_version=4)
    assert not any("n_images / 0" in cell.source for cell in recorded.cells)
    copied = nbformat.read(fill_notebook("toy", tmp_path / "mine.ipynb"), as_version=4)
    assert any("n_images / 0" in cell.source for cell in copied.cells)


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_stored_without_outputs_and_end_with_their_last_line(name):
    notebook = nbformat.read(find_notebook(name), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert FINISHED in code[-1].source
    assert notebook_parameters(name)


def test_cells_are_grouped_under_their_headings():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [markdown("# Title"), code("1"), markdown("## What & why?\n\ntext"), code("2")]
    sections = page_sections(nbformat.v4.new_notebook(cells=cells))
    assert [(s["id"], s["title"], len(s["cells"])) for s in sections] == [
        ("top", "", 2),
        ("what-why", "What & why?", 2),
    ]


def test_a_section_that_shows_nothing_is_left_out_whatever_names_stand_elsewhere():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell

    def cell(*fragments):
        shown = code("x")
        shown.outputs = [
            nbformat.v4.new_output("display_data", {"text/html": Fragment(html)._repr_html_()})
            for html in fragments
        ]
        return shown

    nothing, named = '<div class="al-stack al-nothing">why</div>', "<p>al-nothing.png</p>"
    cells = [markdown("## Empty"), cell(nothing), markdown("## Half"), cell(nothing, named)]
    cells += [markdown("## Named"), cell(named), markdown("## Text alone")]
    sections = page_sections(nbformat.v4.new_notebook(cells=cells))
    assert [section["id"] for section in sections] == ["top", "half", "named", "text-alone"]


def test_a_page_escapes_names_and_leaves_code_and_plain_text_out(tmp_path):
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cell = code("secret = 1")
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": "<p>shown</p>", "text/plain": "x"}),
        nbformat.v4.new_output("stream", text="noise"),
    ]
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[markdown("## Tom & Jerry"), cell]), path)
    html = export_html(path, tmp_path / "a.html", name="<b>name</b>").read_text(encoding="utf-8")
    assert "<p>shown</p>" in html
    assert "&lt;b&gt;name&lt;/b&gt;" in html
    assert "<b>name</b>" not in html.replace("<b>&lt;", "")
    assert "Tom &amp; Jerry" in html
    html = html.replace("http://www.w3.org/2000/svg", "")  # a name of SVG, no address
    assert not any(word in html for word in ("secret", "noise", "https://", "http://"))


def test_live_cells_bring_their_scripts_along_however_often_they_are_run(monkeypatch):
    live = [find_notebook(name).read_text(encoding="utf-8") for name in NAMES]
    commands = {line for text in live for line in re.findall(r"%\w+ anomalylab", text)}
    assert commands == {"%reload_ext anomalylab"}
    prepared = []
    monkeypatch.setattr("anomalylab.apps.prepare_notebook", lambda: prepared.append(1))
    shell = InteractiveShell()
    for _ in range(2):
        shell.run_line_magic("reload_ext", "anomalylab")
    assert len(prepared) == 2
