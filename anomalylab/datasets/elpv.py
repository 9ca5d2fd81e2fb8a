"""ELPV: solar cells in electroluminescence, graded by experts; the installed package or a folder.

2 624 cells of 44 modules, 300 x 300 pixels, one band: 1 074 of one crystal (``mono``) and 1 550 of
many (``poly``). ``labels.csv`` has a line a cell: path, grade, and perhaps kind, separated by
spaces or commas. A first line of names is passed over.

The grade of a cell is the probability that it is defective: an expert called it functional or
defective, and was sure of it (0, 1) or not (1/3, 2/3). Most who work with two classes cut in the
middle, so that whoever was not sure counts by the side taken.

Buerhop-Lutz et al. (2018). A Benchmark for Visual Identification of Defective Solar Cells in
Electroluminescence Imagery. EU PVSEC. https://github.com/zae-bayern/elpv-dataset
Deitsch et al. (2019). Automatic classification of defective photovoltaic module cells in
electroluminescence images. Solar Energy 185.
Licence of the images: CC BY-NC-SA 4.0, not for commercial use.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from anomalylab.datasets import Option, register
from anomalylab.datasets._listing import finding, holds, list_files, samples_table
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.registry import unknown_name

LABELS = "labels.csv"
PACKAGE = "elpv_dataset"
KINDS = ("mono", "poly")
ALL = "all"


def fits(root: Path) -> bool:
    """Tell whether a folder holds ``labels.csv`` and ``images/cell0001.png`` or the like."""
    return (root / LABELS).is_file() and holds(root / "images", "cell[0-9]*.png")


@register(
    "elpv",
    options={
        "category": Option(help=f"elpv: {', '.join(KINDS)} or {ALL} cells"),
        "defective_from": Option(
            help="elpv: grade from which a cell counts as defective (0.5)", metavar="G", read=float
        ),
    },
    fits=fits,
)
def load(
    root: Path | None = None, *, category: str = ALL, defective_from: float = 0.5
) -> pd.DataFrame:
    """List the cells, all of unknown roles.

    Parameters
    ----------
    root : Path, optional
        Folder that holds ``labels.csv``; that of the installed package ``elpv-dataset`` if not
        given, whose files are read where they lie.
    category : {"mono", "poly", "all"}
        Which cells.
    defective_from : float in (0, 1]
        Grade from which a cell has the label 1; all others have 0. With the default, a defect that
        the expert was not sure of (2/3) counts as defective, a doubt about a functional cell (1/3)
        does not.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES and a column ``grade``, in [0, 1]; ``attrs["root"]`` is the folder.

    Raises
    ------
    DatasetError
        If the package is not installed, there is no ``labels.csv``, or a line is not understood.
    UnknownNameError
        If there is no such category.
    ParameterError
        If ``defective_from`` is out of range, or kinds of cells are not told.
    """
    if not 0 < defective_from <= 1:
        raise ParameterError(f"defective_from must lie in (0, 1], not {defective_from}")
    if category not in (ALL, *KINDS):
        unknown_name("category of elpv", category, (ALL, *KINDS))
    folder = _installed() if root is None else root
    listing = list_files(folder)
    cells = _graded(folder)
    unnamed = sorted(set(listing.images) - set(cells["image_path"]))
    cells = _of_category(cells, category, folder)
    is_defective = cells["grade"] >= defective_from
    rows = cells.assign(
        category=cells["kind"].fillna(folder.resolve().name),
        split="unlabelled",
        label=is_defective.astype(int),
        defect_type=is_defective.map({False: "good", True: "defect"}),
        mask_path=None,
    ).drop(columns="kind")
    samples = samples_table(
        folder,
        rows.to_dict("records"),
        ignored=listing.ignored,
        findings=finding("unused_images", unnamed),
        expected=f"lines of {LABELS}",
    )
    samples.attrs["root"] = str(folder)
    return samples


def _installed() -> Path:
    """Return the folder of the images in the package, which is not imported."""
    spec = find_spec(PACKAGE)
    places = (spec and spec.submodule_search_locations) or []
    for folder in (Path(place, "data") for place in places):
        if (folder / LABELS).is_file():
            return folder
    raise DatasetError(
        'elpv without a folder needs its images: pip install "anomalylab-vision[elpv]", or '
        "pip install elpv-dataset (91 MB, not for commercial use); or give a folder that holds "
        f"{LABELS} and images"
    )


def _graded(folder: Path) -> pd.DataFrame:
    """Return path, grade and kind of each cell, the kind missing where it is not told."""
    path = folder / LABELS
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{str(path)!r} cannot be read ({error}); elpv needs it") from error
    cells = [_cells(line) for line in lines]
    is_first_named = bool(lines) and not any(map(_is_number, cells[0][1:2]))
    rows = [
        _row(found, f"line {number} of {path.name!r}")
        for number, found in enumerate(cells, 1)
        if found != [""] and not (number == 1 and is_first_named)
    ]
    return pd.DataFrame(rows, columns=["image_path", "grade", "kind"])


def _cells(line: str) -> list[str]:
    separator = "[,;]" if re.search("[,;]", line) else r"\s+"
    return [cell.strip() for cell in re.split(separator, line.strip())]


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)  # not NaN
    except ValueError:
        return False


def _row(cells: list[str], where: str) -> tuple[str, float, str | None]:
    path, grade, kind = (*cells, "", "", "")[:3]
    is_grade = _is_number(grade) and 0 <= float(grade) <= 1
    if not path or not is_grade or kind not in ("", *KINDS):
        raise DatasetError(
            f"{where} is not understood: {' '.join(cells)[:60]!r}; a line has a path, a grade from "
            f"0 to 1 and perhaps {' or '.join(KINDS)}"
        )
    return path, float(grade), kind or None


def _of_category(cells: pd.DataFrame, category: str, folder: Path) -> pd.DataFrame:
    if category == ALL:
        return cells
    if cells["kind"].isna().all() and len(cells):
        raise ParameterError(
            f"{LABELS} in {str(folder)!r} does not tell mono from poly; leave the category out"
        )
    return cells[cells["kind"] == category]
