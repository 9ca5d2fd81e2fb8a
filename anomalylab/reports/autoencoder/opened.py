"""The tables of a run of the auto-encoder, and which of its trainings they tell of."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.judged import ALL, GOOD
from anomalylab.recipes.autoencoder.tau import LEFT_OUT, ORACLE, PLANTED
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.tables import tables_of
from anomalylab.runs.folder import Run
from anomalylab.schema.autoencoder import KEY

METHODS = (LEFT_OUT, PLANTED, ORACLE)
"""How thresholds are chosen, the one to use first."""


class Training(NamedTuple):
    """What tells one network from the others of a run."""

    architecture: str
    latent: int


@dataclass(frozen=True)
class Tables:
    """What a run of the auto-encoder holds, under the names of ``schema.autoencoder``."""

    trainings: pd.DataFrame
    course: pd.DataFrame
    f1_course: pd.DataFrame
    tau_curve: pd.DataFrame
    taus: pd.DataFrame
    values: pd.DataFrame
    good_residuals: pd.DataFrame
    maxima: pd.DataFrame
    pictures: pd.DataFrame


@dataclass(frozen=True)
class Found:
    """All that the page of a run shows.

    Parameters
    ----------
    tables : Tables
    about : AutoencoderInfo
    """

    tables: Tables
    about: AutoencoderInfo

    @property
    def main(self) -> Training:
        """The training that is looked at closely."""
        return Training(self.about.architecture, self.about.latent)

    @cached_property
    def trainings(self) -> list[Training]:
        """All trainings in the order of the table, the main one first."""
        rows = self.tables.trainings[list(KEY)].itertuples(index=False)
        return [Training(str(architecture), int(latent)) for architecture, latent in rows]

    @cached_property
    def taus(self) -> list[dict[str, Any]]:
        """Rows of TAUS, the threshold to use first; of a method that could not choose none."""
        rows = {row["method"]: row for row in rows_of(self.tables.taus)}
        return [rows[method] for method in METHODS if method in rows]

    @property
    def tau(self) -> float:
        """The threshold to use; where none was chosen, half of the highest residual."""
        return float(self.taus[0]["tau"]) if self.taus else self.about.highest / 2

    @property
    def named(self) -> dict[str, pd.DataFrame]:
        """Tables under the names that they have in the run."""
        return {
            f"autoencoder_{field.name}": getattr(self.tables, field.name)
            for field in fields(Tables)
        }

    @cached_property
    def types(self) -> list[str]:
        """Types of defects that are told apart in the curves of thresholds."""
        found = self.tables.tau_curve["defect_type"]
        return [str(name) for name in dict.fromkeys(found) if name != ALL]

    def of(self, table: pd.DataFrame, training: Training) -> pd.DataFrame:
        """Return the rows of a table that tell of a training."""
        is_of = (table["architecture"] == training.architecture) & (
            table["latent"] == training.latent
        )
        return table[is_of]

    def value(self, training: Training, defect_type: str, method: str, metric: str) -> Any:
        """Return the row of VALUES of a training, as a dictionary; empty if there is none."""
        return self._values.get((*training, defect_type, method, metric), {})

    def judged(self, defect_type: str, tau: float) -> tuple[int, int]:
        """Return how many test images of a type have a pixel above a threshold, and of how many.

        ``all`` stands for all that are known to be defective.
        """
        own = self.of(self.tables.maxima, self.main)
        own = own[(own["role"] == "test") & own["defect_type"].notna()]
        types = own["defect_type"].astype(str)
        is_of = ~types.isin(["", GOOD]) if defect_type == ALL else types == defect_type
        return int((own.loc[is_of, "score"] > tau).sum()), int(is_of.sum())

    @cached_property
    def _values(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        names = ("architecture", "latent", "defect_type", "method", "metric")
        return {tuple(row[name] for name in names): row for row in rows_of(self.tables.values)}


def opened(run: Run) -> Found:
    """Open what a run of the auto-encoder holds.

    Parameters
    ----------
    run : Run

    Raises
    ------
    RunError
        If the run is of another kind, or damaged.
    """
    about = run.info.part_of(AutoencoderInfo)
    return Found(tables_of(run, Tables, "autoencoder"), about)
