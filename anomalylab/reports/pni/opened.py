"""The tables and maps of a run of PNI, as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab.recipes.pni.info import PNIInfo
from anomalylab.reports.kit.tables import tables_of
from anomalylab.runs.folder import Run


@dataclass(frozen=True)
class Tables:
    """What a run of PNI holds, under the names of ``schema.pni``."""

    fits: pd.DataFrame
    curves: pd.DataFrame
    values: pd.DataFrame
    scores: pd.DataFrame
    gains: pd.DataFrame
    cells: pd.DataFrame
    listed: pd.DataFrame


@dataclass(frozen=True)
class Opened:
    """All that the page of a run shows.

    Parameters
    ----------
    tables : Tables
    thumbnails : DataFrame
        Rows of THUMBNAILS, of judged images and of training images that are named beside them.
    about : PNIInfo
    maps : mapping
        Name of a map, see :class:`PNIInfo` -> float32 (n_query, n_rows, n_cols).
    """

    tables: Tables
    thumbnails: pd.DataFrame
    about: PNIInfo
    maps: Mapping[str, np.ndarray]

    @property
    def categories(self) -> list[str]:
        """Categories that were judged, in order."""
        return list(dict.fromkeys(self.tables.fits["category"]))

    def scores_of(self, category: str, variant: str, blend: float = 0.0) -> pd.DataFrame:
        """Return the scores of one way to judge, in the order of its maps."""
        table = self.tables.scores
        is_own = (table["category"] == category) & (table["variant"] == variant)
        return table[is_own & (table["blend"] == blend)]


def opened(run: Run) -> Opened:
    """Open what a run of PNI holds.

    Parameters
    ----------
    run : Run

    Raises
    ------
    RunError
        If the run is of another kind, or damaged.
    """
    about = run.info.part_of(PNIInfo)
    maps = {name: run.files.array(f"maps/{name}.npy", None, None, None) for name in about.maps}
    return Opened(tables_of(run, Tables, "pni"), run.table("thumbnails"), about, maps)
