"""Rows of tables as plain dictionaries."""

from typing import Any

import pandas as pd


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table; a value that is missing is None.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"a": [1.0, float("nan")]}))
    [{'a': 1.0}, {'a': None}]
    """
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def by_key(table: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by the value in one of its columns."""
    return {row[key]: row for row in rows_of(table)}
