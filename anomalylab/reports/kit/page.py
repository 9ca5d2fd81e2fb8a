"""An executed notebook as one HTML file that needs nothing else."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from anomalylab.errors import ParameterError
from anomalylab.progress import stage
from anomalylab.reports.kit.files import relative
from anomalylab.reports.kit.fragment import FOLDER, Fragment, assets_of, static_text, without_assets
from anomalylab.reports.kit.notebooks import run_notebook
from anomalylab.runs.authorship import SIGNATURE, is_as_signed, signed
from anomalylab.runs.files import FILE_LIST
from anomalylab.runs.folder import Run
from anomalylab.runs.put import recover
from anomalylab.runs.writable import cannot_write, check_file
from anomalylab.storage.unfinished import write_whole

SAVES = ("kit/core.js", "kit/saves.js", "kit/saves.css")
"""What saves the charts of a page, after all that draws them."""

_NOTHING = re.compile(r'\s*<div class="al">\s*<div class="[^"]*\bal-nothing\b')
_HEADING = re.compile(r"^##\s+(.+)$", re.MULTILINE)


class PageExporter(TemplateExporter):
    """Lays out a page from markdown and HTML outputs; code is left out."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            template_name="page",
            template_file="index.html.j2",
            extra_template_basedirs=[str(FOLDER / "kit")],
            filters={"shown_html": shown_html, "markdown": markdown},
            **kwargs,
        )

    def _file_extension_default(self) -> str:
        return ".html"


def report(
    run_folder: Path | str,
    out: Path | str | None = None,
    *,
    plugins: Sequence[Path | str] = (),
    data: Path | str | None = None,
) -> Path:
    """Write the page of a run, and the executed notebook that made it.

    Parameters
    ----------
    run_folder : path
        What ``anomalylab run`` or ``anomalylab recipe`` wrote; its kind decides on the notebook.
    out : path, optional
        The HTML file; ``report.html`` in the run folder if not given. The notebook goes beside it.
    plugins : sequence of path
        Files that register parts of their own; the notebook imports them too.
    data : path, optional
        Folder of the images, for runs of a recipe whose images have moved.

    Returns
    -------
    path
        The HTML file.

    Raises
    ------
    RunError
        If the folder holds no finished run, or a damaged one, or the page cannot be written.
    NotebookError
        If the notebook failed.
    ParameterError
        If ``data`` is given for a run whose page needs no images, or ``out`` is somebody's file.
    """
    run = Run(run_folder)
    name = run.kind.notebook
    if data is not None and not run.kind.reads_images:
        raise ParameterError(
            f"the page of {run.folder} needs no images: it holds what is shown; leave out --data"
        )
    run.check()
    out = Path(out) if out is not None else run.folder / "report.html"
    is_older = out == run.folder / "report.html" and not (run.folder / FILE_LIST).exists()
    check_page(out, (run.folder / "thumbnails.parquet").stat().st_size, is_ours=is_older)
    out.parent.mkdir(parents=True, exist_ok=True)
    start = out.resolve().parent
    parameters: dict[str, Any] = {
        "run": relative(run.folder.resolve(), start),
        "plugins": [relative(Path(plugin).resolve(), start) for plugin in plugins],
    }
    if data is not None:
        parameters["data"] = relative(Path(data).resolve(), start)
    with stage("make the page"):
        notebook = run_notebook(name, out.with_suffix(".ipynb"), **parameters)
        return export_html(notebook, out, name=run.info.name, created=run.info.created[:10])


def check_page(out: Path, n_bytes: int = 0, *, is_ours: bool = False) -> None:
    """Refuse a place that cannot be written, or that holds what is not a page of ours.

    Parameters
    ----------
    out : path
        The HTML file.
    n_bytes : int
        Of the page at least.
    is_ours : bool
        Whether a page without a signature counts as ours, as those of earlier versions.

    Raises
    ------
    ParameterError
        If the name is not that of a page, or somebody's file is there.
    RunError
        If it cannot be written.
    """
    if out.suffix in (".ipynb", ".log"):
        raise ParameterError(f"{out} is no name for a page; give one that ends in .html with -o")
    recover(out.parent)
    check_file(out, n_bytes)
    if out.exists() and not (is_ours or is_as_signed(out)):
        raise ParameterError(
            f"{out} was not written by anomalylab, or was changed since; move it, or give another "
            "name with -o"
        )


def export_html(notebook: Path | str, out: Path | str, *, name: str, created: str = "") -> Path:
    """Turn an executed notebook into one HTML file without outside references.

    Parameters
    ----------
    notebook : path
    out : path
        The HTML file.
    name, created : str
        What the page is called, and its date.

    Returns
    -------
    path
        ``out``.
    """
    return _lay_out(nbformat.read(notebook, as_version=4), Path(out), name, created)


def write_page(
    parts: Sequence[tuple[str, Fragment]], out: Path, *, name: str, created: str = ""
) -> Path:
    """Write fragments, each under its markdown, as a page like that of a notebook.

    Parameters
    ----------
    parts : sequence of (str, Fragment)
        A second-level heading begins a section.
    out : path
        The HTML file.
    name, created : str
        What the page is called, and its date.

    Returns
    -------
    path
        ``out``.
    """
    cells = []
    for source, fragment in parts:
        shown = new_output("display_data", {"text/html": fragment._repr_html_()})
        cells += [new_markdown_cell(source), new_code_cell(outputs=[shown])]
    return _lay_out(new_notebook(cells=cells), out, name, created)


def _lay_out(node: NotebookNode, out: Path, name: str, created: str) -> Path:
    sections = page_sections(node)
    title = next((s["title"] for s in sections if s["title"]), name)
    page = {"title": f"{name}: {title}", "name": name, "created": created, "sections": sections}
    page["signature"] = SIGNATURE
    html, _ = PageExporter().from_notebook_node(node, resources={"page": page | _assets(node)})
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, signed(html))
    except OSError as error:
        raise cannot_write(out, error) from error
    return out


def page_sections(node: NotebookNode) -> list[dict[str, Any]]:
    """Group cells under their second-level headings; what comes before the first has no title.

    A section is left out if all that it shows says it is nothing: its outermost element is of the
    class ``al-nothing``.
    """
    sections: list[dict[str, Any]] = [{"id": "top", "title": "", "cells": []}]
    for cell in node.cells:
        heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            title = heading.group(1).strip()
            name = re.sub(r"\W+", "-", title.lower()).strip("-")
            sections.append({"id": name, "title": title, "cells": []})
        sections[-1]["cells"].append(cell)
    return [section for section in sections if not _is_nothing(section)]


def _is_nothing(section: dict[str, Any]) -> bool:
    code = (cell for cell in section["cells"] if cell.cell_type == "code")
    shown = [html for cell in code for html in shown_html(cell)]
    return bool(shown) and all(map(_NOTHING.match, shown))


def shown_html(cell: NotebookNode) -> Iterator[str]:
    """Return the HTML outputs of a cell, without the styles and scripts they carry."""
    for output in cell.outputs:
        html = output.get("data", {}).get("text/html")
        if html:
            yield without_assets(html)


def markdown(source: str) -> str:
    """Turn the text of a markdown cell into HTML, headings without a link to themselves."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=renderer).render(source))


def _assets(node: NotebookNode) -> dict[str, list[str]]:
    """Return the styles and scripts that the outputs ask for, each once."""
    code = (cell for cell in node.cells if cell.cell_type == "code")
    outputs = (o.get("data", {}).get("text/html", "") for cell in code for o in cell.outputs)
    names = list(dict.fromkeys(name for html in outputs for name in assets_of(html)))
    names = list(dict.fromkeys([*names, *SAVES]))
    styles = ["kit/page.css", *(name for name in names if name.endswith(".css"))]
    scripts = [name for name in names if name.endswith(".js")]
    return {
        "styles": [static_text(name) for name in styles],
        "scripts": [static_text(name) for name in scripts],
    }
