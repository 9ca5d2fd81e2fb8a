"""Copies of notebooks to work on by hand: of a finished run, or ready to make one of images."""

from pathlib import Path
from typing import Any

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.reports.kit.files import relative
from anomalylab.reports.kit.notebooks import check_notebook, fill_notebook
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FILE
from anomalylab.runs.kinds import Kind
from anomalylab.runs.replaced import BUILT_IN_LOADER
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.writable import cannot_write
from anomalylab.studies.material import listed


def working_copy(name: str, run: Path | str, out: Path | str) -> Path:
    """Write a copy of a notebook that shows a run, to work on by hand.

    The notebook names the run by its place relative to itself, so that both can be moved together.

    Parameters
    ----------
    name : str
    run : path
        Folder of a finished run.
    out : path
        The copy; nothing may be there yet.

    Returns
    -------
    path
        ``out``.

    Raises
    ------
    RunError
        If ``run`` holds no sound run, one of another kind, or ``out`` cannot be written.
    ParameterError
        If ``out`` exists, for it may hold somebody's work.
    """
    shown = Run(run)
    check_notebook(name, shown)
    shown.check()
    return _written(name, Path(out), run=_seen_from(out, shown.folder))


def copy_for_images(
    kind: Kind, data: Path | str | None, out: Path | str, *, category: str = ""
) -> Path:
    """Write a copy of a notebook that makes a run of images itself, to work on by hand.

    Parameters
    ----------
    kind : Kind
        Of the run that its notebook makes.
    data : path, optional
        Folder of images or table of their paths; built-in images if not given.
    out : path
        The copy; nothing may be there yet. It names the images by their place relative to itself.
    category : str
        Product to take, of images of several.

    Returns
    -------
    path
        ``out``.

    Raises
    ------
    DatasetError
        If there are no images, or some of several products where one has to be named.
    UnknownNameError
        If there is no such product.
    ParameterError
        If the notebook shows finished runs alone, or ``out`` exists.
    RunError
        If ``out`` cannot be written.
    """
    if not kind.learns_from:
        raise ParameterError(
            f"the notebook {kind.words!r} shows a finished run; name one, which is made with: "
            f"{kind.made_by}{'' if data is None else f' {data}'}"
        )
    _check_images(kind, None if data is None else Path(data), category)
    found = {"data": "" if data is None else _seen_from(out, Path(data)), "category": category}
    return _written(kind.notebook, Path(out), **found)


def is_run(place: Path | None) -> bool:
    """Tell whether a folder holds a run, finished or damaged, rather than images."""
    return place is not None and (place / FILE).exists()


def _check_images(kind: Kind, data: Path | None, category: str) -> None:
    """Refuse images that the notebook could not make a run of."""
    if data is not None and not data.exists():
        raise DatasetError(
            f"{data} does not exist; give the folder of a finished run, or of images to learn from"
        )
    if data is None and not category:
        return
    source = DetectRequest(data=data, dataset=BUILT_IN_LOADER if data is None else None)
    try:
        found = listed(source, (category,) if category else ())
    except DatasetError as error:
        raise DatasetError(f"{data} holds no finished run, and as images: {error}") from error
    if len(found) > 1 and kind.learns_from == "one category":
        names = ", ".join(one.name for one in found)
        raise DatasetError(f"{data} holds several products; name one with --category: {names}")


def _seen_from(out: Path | str, place: Path) -> str:
    """Return where a place is, seen from the folder of a notebook."""
    return relative(place.resolve(), Path(out).resolve().parent)


def _written(name: str, out: Path, **parameters: Any) -> Path:
    """Write a copy, unless something is there."""
    if out.exists():
        raise ParameterError(f"{out} exists and may hold your work; give another name with -o")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return fill_notebook(name, out, **parameters)
    except OSError as error:
        raise cannot_write(out, error) from error
