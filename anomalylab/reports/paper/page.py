"""Both notebooks of the publication, run on a study: pages, and tables as CSV and LaTeX."""

from pathlib import Path

from anomalylab.progress import stage
from anomalylab.reports.kit.files import relative
from anomalylab.reports.kit.notebooks import run_notebook
from anomalylab.reports.kit.page import check_page, export_html
from anomalylab.runs.folder import Run
from anomalylab.runs.writable import cannot_write
from anomalylab.studies.opened import Study

NOTEBOOKS = ("pollution", "refinement")


def write_paper(run: Path | str, out: Path | str) -> list[Path]:
    """Draw the tables and figures of the publication from a study.

    Parameters
    ----------
    run : path
        Folder of a finished study.
    out : path
        Folder of the pages, the executed notebooks, and the tables; made if it is not there.

    Returns
    -------
    pages : list of path

    Raises
    ------
    RunError
        If ``run`` holds no study, or ``out`` cannot be written.
    ParameterError
        If a page of that name is somebody's file.
    """
    finished, out = Run(run), Path(out)
    Study.of(finished)
    finished.check()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    pages = [out / f"{name}.html" for name in NOTEBOOKS]
    for page in pages:
        check_page(page)
    place = relative(finished.folder.resolve(), out.resolve())
    with stage("make the pages"):
        for name, page in zip(NOTEBOOKS, pages, strict=True):
            notebook = run_notebook(name, page.with_suffix(".ipynb"), run=place, tables=".")
            export_html(notebook, page, name=finished.info.name, created=finished.info.created[:10])
    return pages
