"""Run the project's notebooks with checked parameters, in the interpreter that asks for it."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.parameterize import parameterize_notebook

from anomalylab.errors import AnomalyLabError, ParameterError, RunError
from anomalylab.registry import unknown_name
from anomalylab.reports.kit.executed import execute, work_folder
from anomalylab.reports.kit.fragment import FOLDER
from anomalylab.runs.authorship import SIGNATURE, free_name, signed
from anomalylab.runs.folder import Run
from anomalylab.runs.kinds import KINDS
from anomalylab.runs.writable import cannot_write
from anomalylab.storage.unfinished import remove, write_whole

TIMEOUT = 3600
"""Seconds that a cell may take."""

FINISHED = "This notebook ran to its end."
"""What the last cell of every notebook prints; without it outputs were lost on the way."""

PLACES = (
    FOLDER.parent / "notebooks",
    FOLDER.parent.parent / "notebooks",
    *sorted((FOLDER.parent / "recipes").glob("*/")),
)
"""Where notebooks are looked for: the installed package, then a checkout, then beside recipes."""


class NotebookError(AnomalyLabError):
    """A notebook failed, or ended without its last line."""


def find_notebook(name: str) -> Path:
    """Return the path of the notebook called ``name``, e.g. ``"detect"``.

    Raises
    ------
    UnknownNameError
        If there is none; the message names the nearest ones.
    """
    known = {path.stem: path for place in PLACES[::-1] for path in sorted(place.glob("*.ipynb"))}
    if name not in known:
        unknown_name("notebook", name, known)
    return known[name]


def check_notebook(name: str, run: Run) -> None:
    """Refuse a notebook that shows runs of another kind.

    Raises
    ------
    RunError
        The message names the notebook that fits.
    """
    others = {kind.notebook for kind in KINDS.values()} - {run.kind.notebook}
    if name in others:
        raise RunError(
            f"{run.folder} is no run for the notebook {name!r}; use: "
            f"anomalylab notebook {run.kind.words} {run.folder}"
        )


def notebook_parameters(name: str) -> dict[str, Any]:
    """Return the parameters of a notebook with their defaults."""
    inspected = papermill.inspect_notebook(find_notebook(name))
    return {key: ast.literal_eval(entry["default"]) for key, entry in inspected.items()}


def check_parameters(name: str, parameters: dict[str, Any]) -> None:
    """Refuse parameters that the notebook lacks or whose type differs from the default's.

    Raises
    ------
    UnknownNameError
        If the notebook has no parameter of that name.
    ParameterError
        If a value is of another type than the default.
    """
    defaults = notebook_parameters(name)
    for key, value in parameters.items():
        if key not in defaults:
            unknown_name(f"parameter of notebook {name!r}", key, defaults)
        wanted = type(defaults[key])
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise ParameterError(
                f"parameter {key!r} of notebook {name!r} must be {wanted.__name__}, as its default "
                f"{defaults[key]!r}; got {value!r} ({type(value).__name__})"
            )


def run_notebook(name: str, out: Path | str, *, timeout: int = TIMEOUT, **parameters: Any) -> Path:
    """Run a notebook with these parameters and keep it, outputs included, as the record.

    Cells tagged ``live`` need someone at the keyboard and are left out. Parameters that name files
    (``PATHS`` of ``executed``) are relative to the folder of ``out``. The kernel works in an empty
    folder of its own and imports nothing from a run, which may come from a stranger.

    Parameters
    ----------
    name : str
        A notebook of the project, e.g. ``"detect"``.
    out : path
        Where the executed notebook goes; its folder must exist. It is there after a failure too,
        then with a log beside it. What somebody else wrote or changed there stays, and the notebook
        gets the next name.
    timeout : int
        Seconds that one cell may take.
    **parameters
        Values for the cell tagged ``parameters``.

    Returns
    -------
    path
        Where it is.

    Raises
    ------
    UnknownNameError, ParameterError
        If there is no such notebook or parameter, or a value is of the wrong type.
    NotebookError
        If a cell failed, took too long, or the last output is missing.
    """
    source, out = find_notebook(name), free_name(Path(out).resolve())
    check_parameters(name, parameters)
    log = free_name(out.with_suffix(".log"))
    with work_folder() as folder:
        notebook, told, failed = execute(source, out.parent, folder, timeout, parameters)
    try:
        write_whole(out, _record(notebook, parameters))
        if failed is not None:
            write_whole(log, signed(f"{told}{SIGNATURE}\n"))
    except OSError as error:
        raise cannot_write(out, error) from error
    if failed is not None:
        last = str(failed).strip().splitlines()[-1:] or [type(failed).__name__]
        raise NotebookError(
            f"notebook {name!r} failed: {last[0]}; what it did until then is in {out}"
        ) from failed
    if not _is_finished(notebook):
        raise NotebookError(f"{out} lost the output of its last cell; run the report again")
    remove(log)
    return out


def fill_notebook(name: str, out: Path | str, **parameters: Any) -> Path:
    """Write a copy of a notebook with these parameters filled in, to work on by hand.

    Parameters
    ----------
    name, out, **parameters
        As for :func:`run_notebook`. Nothing is executed, outputs are empty.

    Returns
    -------
    path
        ``out``.
    """
    check_parameters(name, parameters)
    notebook = nbformat.read(find_notebook(name), as_version=4)
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    values = {**notebook_parameters(name), **parameters}
    cell.source = "\n".join(_filled(line, values) for line in cell.source.splitlines())
    for code in (c for c in notebook.cells if c.cell_type == "code"):
        code.outputs, code.execution_count = [], None
    write_whole(Path(out), nbformat.writes(notebook) + "\n")
    return Path(out)


def _filled(line: str, values: dict[str, Any]) -> str:
    """Return the line of a parameter with its value in place of the default, and its comment."""
    key = line.partition(" = ")[0]
    _, mark, comment = line.partition("  # ")
    return f"{key} = {values[key]!r}{mark}{comment}" if key in values else line


def _is_finished(notebook: NotebookNode) -> bool:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return FINISHED in "".join(output.get("text", "") for output in cells[-1].outputs)


def _record(notebook: NotebookNode, parameters: dict[str, Any]) -> str:
    """Write a notebook without what papermill notes about this machine, parameters as given."""
    if "papermill" in notebook.metadata and parameters:
        notebook = parameterize_notebook(notebook, parameters)
    for key in ("input_path", "output_path", "environment_variables"):
        notebook.metadata.get("papermill", {}).pop(key, None)
    notebook.metadata["anomalylab"] = SIGNATURE
    return signed(nbformat.writes(notebook) + "\n")
