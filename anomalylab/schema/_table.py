"""One kind of table: its columns, its key, and a check."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from anomalylab.errors import SchemaError

_KINDS = {
    "str": lambda column: types.is_string_dtype(column) or types.is_object_dtype(column),
    "int": lambda column: types.is_integer_dtype(column) or types.is_float_dtype(column),
    "float": types.is_numeric_dtype,
    "bool": types.is_bool_dtype,
    "bytes": types.is_object_dtype,
}


@dataclass(frozen=True)
class Table:
    """Columns and key of one kind of table.

    Parameters
    ----------
    name : str
        Also the stem of its parquet file in a run folder.
    columns : mapping
        Column name -> kind, see the module's docstring.
    key : tuple of str
        Columns that together occur once.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    def check(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``table`` unchanged.

        Raises
        ------
        SchemaError
            If a column is missing, of another kind or has gaps, or if a key occurs twice.
        """
        missing = [name for name in self.columns if name not in table]
        if missing:
            raise SchemaError(
                f"a {self.name} table needs the columns {missing}; it has {list(table.columns)}"
            )
        for name, kind in self.columns.items():
            self._check_column(table[name], kind)
        repeated = table.loc[table.duplicated(list(self.key)), list(self.key)]
        if len(repeated):
            raise SchemaError(
                f"{self.name}: {len(repeated)} rows repeat a key {self.key}, "
                f"first {tuple(repeated.iloc[0])}"
            )
        return table

    def completed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``table`` with the columns that may be missing and that it lacks, all empty.

        Tables of older runs and of loaders that know nothing of a column become today's.
        """
        lacking = [n for n, kind in self.columns.items() if kind.endswith("?") and n not in table]
        if not lacking:
            return table
        attributes = table.attrs
        table = table.assign(**dict.fromkeys(lacking))
        table.attrs = attributes
        return table

    def _check_column(self, column: pd.Series, kind: str) -> None:
        if not kind.endswith("?") and column.isna().any():
            raise SchemaError(f"{self.name}.{column.name} has {column.isna().sum()} missing values")
        if not (column.isna().all() or _KINDS[kind.rstrip("?")](column)):
            raise SchemaError(f"{self.name}.{column.name} must be {kind}, not {column.dtype}")
