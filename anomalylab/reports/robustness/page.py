"""The notebook on robustness as a page; it starts from images, not from a run."""

from pathlib import Path
from typing import Any

from anomalylab.progress import stage
from anomalylab.reports.kit.files import relative
from anomalylab.reports.kit.notebooks import run_notebook
from anomalylab.reports.kit.page import check_page, export_html

NAME = "robustness"


def write_robustness(out: Path | str, data: Path | None = None, **parameters: Any) -> Path:
    """Run the notebook on a folder of images and write its page; the notebook goes beside it.

    Parameters
    ----------
    out : path
        The HTML file.
    data : path, optional
        Folder of images; built-in ones if none.
    **parameters
        Of the notebook: ``dataset``, ``category``, ``level``, ``share``, ``change``, ``seed`` and
        ``plugins``.

    Returns
    -------
    path
        ``out``.

    Raises
    ------
    NotebookError
        If the notebook failed, as for data without enough defects.
    ParameterError
        If a parameter is of another type, or ``out`` is somebody's file.
    """
    out = Path(out)
    check_page(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    start = out.resolve().parent
    if data is not None:
        parameters["data"] = relative(Path(data).resolve(), start)
    plugins = [relative(Path(plugin).resolve(), start) for plugin in parameters.get("plugins", [])]
    with stage("make the page"):
        notebook = run_notebook(
            NAME, out.with_suffix(".ipynb"), **parameters | {"plugins": plugins}
        )
        name = str(parameters.get("category") or (data.resolve().name if data else "textures"))
        return export_html(notebook, out, name=name)
