"""From finished trials to the tables of a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from anomalylab.recipes.pni.evaluate import values_of
from anomalylab.recipes.pni.explain import cell_tables
from anomalylab.recipes.pni.gains import Judged, Way, gains, judged_by
from anomalylab.recipes.pni.refining import Refinement
from anomalylab.recipes.pni.trials import Finished, Images
from anomalylab.schema import Table
from anomalylab.schema import pni as schema

TABLES: tuple[Table, ...] = (
    schema.PNI_FITS,
    schema.PNI_CURVES,
    schema.PNI_VALUES,
    schema.PNI_SCORES,
    schema.PNI_GAINS,
    schema.PNI_CELLS,
    schema.PNI_LISTED,
)

CURVE = ("epoch", "part", "measure", "value")


@dataclass
class TrialTables:
    """Collects the rows of finished trials."""

    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    ways: dict[Way, Judged] = field(default_factory=dict)
    """Of the category that trials are added of."""

    def add(self, images: Images, finished: Finished, refinement: Refinement | None) -> None:
        """Add what came of a trial, and what a network made of its maps.

        Parameters
        ----------
        images : Images
        finished : Finished
        refinement : Refinement or None
        """
        learnt_from = "" if refinement is None else refinement.learnt_from
        self._put("pni_fits", finished, _fit(images, finished, learnt_from))
        if finished.reason:
            return
        self._put("pni_curves", finished, _curve(finished).assign(network="neighbourhood"))
        self._judge(images, finished, 0.0, finished.arrays["scores"], finished.arrays["maps"])
        if "cells_image" in finished.arrays:
            grid = finished.arrays["maps"].shape[1:3]
            tables = cell_tables(images.material, finished.arrays, grid)
            for name, table in zip(("pni_cells", "pni_listed"), tables, strict=True):
                self._put(name, finished, table)
        if refinement is None:
            return
        self._put("pni_curves", finished, refinement.history.assign(network="refinement"))
        for blend, maps in refinement.maps.items():
            self._judge(images, finished, blend, maps.max(axis=(1, 2)), maps)

    def compare(self, images: Images, seed: int) -> None:
        """Compare the trials of a category that were added, and begin another category."""
        material = images.material
        table = gains(material.queries["label"], self.ways, max_fpr=material.request.max_fpr)
        table = table.assign(category=images.name, seed=seed)
        self.parts.setdefault("pni_gains", []).append(table)
        self.ways = {}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of all trials; those without rows have their columns."""
        return {table.name: _joined(table, self.parts.get(table.name, [])) for table in TABLES}

    def _judge(
        self,
        images: Images,
        finished: Finished,
        blend: float,
        scores: np.ndarray,
        maps: np.ndarray,
    ) -> None:
        variant = finished.trial.variant
        values = values_of(images.material, scores, maps, variant, blend)
        self._put("pni_values", finished, values.assign(blend=blend))
        way = finished.trial.variant, blend
        self.ways[way] = judged_by(images.material, scores, maps, values)
        of_images = images.material.queries[["sample_id", "label", "defect_type"]]
        self._put("pni_scores", finished, of_images.assign(score=scores, blend=blend))

    def _put(self, name: str, finished: Finished, rows: pd.DataFrame) -> None:
        key = {column: [value] * len(rows) for column, value in finished.trial._asdict().items()}
        keyed = pd.concat([pd.DataFrame(key, index=rows.index), rows], axis=1)
        self.parts.setdefault(name, []).append(keyed)


def _joined(table: Table, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=list(table.columns))
    return pd.concat(filled, ignore_index=True)[list(table.columns)]


def _fit(images: Images, finished: Finished, learnt_from: str) -> pd.DataFrame:
    arrays = finished.arrays
    n_bank, n_kinds, n_fallbacks = arrays["counts"] if arrays else (0, 0, 0)
    row = {
        "status": "failed" if finished.reason else "done",
        "reason": finished.reason,
        "n_train": len(images.material.training),
        "n_bank": int(n_bank),
        "n_kinds": int(n_kinds),
        "allowed": float(arrays["allowed"]) if arrays else np.nan,
        "n_fallbacks": int(n_fallbacks),
        "refined_by": learnt_from,
        "seconds": float(arrays["seconds"]) if arrays else np.nan,
    }
    return pd.DataFrame([row])


def _curve(finished: Finished) -> pd.DataFrame:
    return pd.DataFrame({name: finished.arrays[f"curve_{name}"] for name in CURVE})
