"""The tables of a run under the short names that its page uses."""

from dataclasses import fields
from typing import TypeVar

from anomalylab.runs.folder import Run

T = TypeVar("T")


def tables_of(run: Run, kind: type[T], prefix: str) -> T:
    """Read the table ``prefix_name`` for each field ``name`` of a dataclass.

    Parameters
    ----------
    run : Run
    kind : type
        Dataclass whose fields are tables.
    prefix : str

    Raises
    ------
    RunError
        If a table is damaged.
    """
    named = {field.name: run.table(f"{prefix}_{field.name}") for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**named)
