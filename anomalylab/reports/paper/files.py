"""Tables of the publication as CSV and LaTeX."""

from collections.abc import Iterator
from pathlib import Path

from anomalylab.errors import ParameterError
from anomalylab.number_words import listed
from anomalylab.reports.paper.tables import note
from anomalylab.reports.paper.wide import NOTHING, detectors_of, wide
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.writable import cannot_write
from anomalylab.storage.unfinished import write_whole
from anomalylab.studies.opened import Study
from anomalylab.studies.paper import PaperTable, paper_table
from anomalylab.studies.published import SOURCE

LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "→": r"$\rightarrow$",
    "±": r"$\pm$",
    "–": "--",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
}
"""Letters that LaTeX reads otherwise, or not at all."""


def write_table(study: Study, number: int, folder: Path | str) -> list[Path]:
    """Write a table as ``table_N.csv``, a row a number, and as ``table_N.tex``, as printed.

    Parameters
    ----------
    study : Study
    number : int
        1, 2 or 4.
    folder : path
        Nothing is written if empty.

    Returns
    -------
    paths : list of path

    Raises
    ------
    ParameterError
        If ``folder`` does not exist.
    RunError
        If it cannot be written.
    """
    if not str(folder):
        return []
    folder = Path(folder)
    if not folder.is_dir():
        raise ParameterError(f"{folder} is no folder; make it first")
    found = paper_table(study, number)
    as_csv, as_latex = (folder / f"table_{number}.{suffix}" for suffix in ("csv", "tex"))
    try:
        write_csv(found.rows, as_csv)
        write_whole(as_latex, latex(found))
    except OSError as error:
        raise cannot_write(folder, error) from error
    return [as_csv, as_latex]


def latex(table: PaperTable) -> str:
    """Return a table as a LaTeX ``tabular``: of each detector the study, then the publication."""
    return "\n".join(_lines(table)) + "\n"


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it.

    Examples
    --------
    >>> escaped("a ± b") == "a $" + chr(92) + "pm$ b"
    True
    """
    return "".join(LATEX.get(letter, letter) for letter in text)


def _lines(table: PaperTable) -> Iterator[str]:
    names = detectors_of(table)
    yield f"% {escaped(note(table))}"
    yield f"% Published: {escaped(SOURCE)}"
    yield rf"\begin{{tabular}}{{l{'rr' * len(names)}}}"
    yield r"\hline"
    heads = [rf"\multicolumn{{2}}{{c}}{{{escaped(name)}}}" for name in names]
    yield " & ".join(["", *heads]) + r" \\"
    yield " & ".join(["", *["study & published"] * len(names)]) + r" \\"
    yield r"\hline"
    for row in wide(table):
        cells = [escaped(text or NOTHING) for cell in row.cells for text in cell]
        yield " & ".join([escaped(row.name), *cells]) + r" \\"
    yield r"\hline"
    yield r"\end{tabular}"
    if table.missing:
        yield f"% Missing: {escaped(listed(table.missing))}"
