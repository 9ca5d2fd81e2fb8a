"""Tables for people with a spreadsheet: no cell of them is taken for a formula."""

from pathlib import Path

import pandas as pd

FORMULA = tuple("=+-@\t\r＝＋－＠")
"""Letters that a spreadsheet may take for the beginning of a formula."""


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in UTF-8 that begins with a mark of it, as Excel needs.

    Numbers have nine digits, missing values are empty cells. A path (a column that ends in
    ``path``) that begins as a formula does gets ``./`` in front and stays a path; other texts get
    an apostrophe.
    """
    safe = table.copy()
    for name in table.columns[table.dtypes.map(pd.api.types.is_string_dtype)]:
        mark = "./" if str(name).endswith("path") else "'"
        begins = table[name].str.startswith(FORMULA, na=False)
        safe[name] = table[name].where(~begins, mark + table[name])
    safe.to_csv(path, index=False, float_format="%.9g", encoding="utf-8-sig", lineterminator="\n")
