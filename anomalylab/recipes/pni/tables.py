"""From finished trials to the tables of a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from anomalylab.recipes.pni.evaluate import values_of
from anomalylab.recipes.pni.refining import Refinement
from anomalylab.recipes.pni.trials import Finished, Images
from anomalylab.schema import Table
from anomalylab.schema import pni as schema

TABLES: tuple[Table, ...] = (
    schema.PNI_FITS,
    schema.PNI_CURVES,
    schema.PNI_VALUES,
    schema.PNI_SCORES,
)

CURVE = ("epoch", "part", "measure", "value")


@dataclass
class TrialTables:
    """Collects the rows of finished trials."""

    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

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
        if refinement is None:
            return
        self._put("pni_curves", finished, refinement.history.assign(network="refinement"))
        for blend, maps in refinement.maps.items():
            self._judge(images, finished, blend, maps.max(axis=(1, 2)), maps)

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
        values = values_of(images.material, scores, maps, variant, is_refined=blend > 0)
        self._put("pni_values", finished, values.assign(blend=blend))
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
