"""What becomes of a notebook that papermill runs; its files on the way lie in a passing folder."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode

from anomalylab.errors import RunError
from anomalylab.progress import counting
from anomalylab.reports.kit.kernel import kernel_in
from anomalylab.storage.unfinished import owner, sweep
from anomalylab.storage.writable import reason_of

_WORK = "anomalylab-"

PATHS = ("run", "data", "plugins", "tables")
"""Parameters that name files; they are recorded as seen from the notebook."""


def execute(
    source: Path, start: Path, folder: Path, timeout: int, parameters: dict[str, Any]
) -> tuple[NotebookNode, str, Exception | None]:
    """Return what a notebook has become, the log of it, and what went wrong."""
    draft, log, failed = folder / "draft.ipynb", folder / "papermill.log", None
    (folder / "empty").mkdir()
    notebook = _without_live(nbformat.read(source, as_version=4))
    with _logged_to(log), counting(len(notebook.cells), "cells") as advance:
        try:
            papermill.execute_notebook(
                notebook,
                str(draft).replace("{", "{{").replace("}", "}}"),  # papermill formats its paths
                parameters=_from_anywhere(parameters, start),
                kernel_name="python3",
                kernel_manager_class=kernel_in(folder),
                on_cell_start=lambda **_: advance(1),
                progress_bar=False,
                execution_timeout=timeout,
                cwd=folder / "empty",
            )
        except OSError as error:
            raise RunError(
                f"cannot write {folder}: {reason_of(error)}; make room there, or set TMPDIR to "
                "another folder"
            ) from error
        except Exception as error:
            failed = error
    whole = draft if draft.is_file() else source
    return nbformat.read(whole, as_version=4), log.read_text(encoding="utf-8"), failed


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a folder of this process that goes in the end; what killed ones left goes now."""
    sweep(Path(tempfile.gettempdir()), f"{_WORK}{'[0-9a-f]' * 8}-*-*-*")
    with tempfile.TemporaryDirectory(
        prefix=f"{_WORK}{owner()}-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _from_anywhere(parameters: dict[str, Any], start: Path) -> dict[str, Any]:
    """Return the parameters with paths that are relative to ``start`` made absolute."""

    def absolute(value: Any) -> Any:
        return [absolute(v) for v in value] if isinstance(value, list) else str(start / value)

    return {k: absolute(v) if k in PATHS and v else v for k, v in parameters.items()}


def _without_live(notebook: NotebookNode) -> NotebookNode:
    cells = notebook.cells
    notebook.cells = [cell for cell in cells if "live" not in cell.metadata.get("tags", [])]
    return notebook


@contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Send papermill's log to a file and nowhere else."""
    logger = logging.getLogger("papermill")
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.level, logger.propagate = before
        logger.removeHandler(handler)
        handler.close()
