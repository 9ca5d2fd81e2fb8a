"""Pictures of some test images: in, out, what is left, and where the defect is."""

import numpy as np
import pandas as pd

from anomalylab.metrics.over_levels import levels_of
from anomalylab.pictures.encode import png, webp
from anomalylab.recipes.autoencoder.judged import Judged, Material
from anomalylab.recipes.metric_learning.shown import pictured

QUALITY = 90
"""Of WebP pictures."""


def pictures(judged: Judged, material: Material, steps: np.ndarray) -> pd.DataFrame:
    """Draw the highest and the lowest scored image of each type, good images among them.

    Returns
    -------
    pictures : DataFrame
        Rows of PICTURES.
    """
    scores = judged.test.max(axis=(1, 2), initial=0.0)
    chosen = pictured(scores, np.where(material.types == "", "unknown", material.types))
    out = judged.trained.given_back(material.test[chosen])
    levels, rows = levels_of(judged.test[chosen], steps), []
    for row, given_back, level in zip(chosen, out, levels, strict=True):
        sample = material.samples.iloc[row]
        truth = png(np.where(material.masks[row], 255, 0).astype(np.uint8), level=9)
        rows.append(
            {
                "sample_id": sample["sample_id"],
                "label": sample["label"],
                "defect_type": sample["defect_type"],
                "input": webp(material.test[row], QUALITY),
                "output": webp(np.rint(255 * given_back.clip(0, 1)).astype(np.uint8), QUALITY),
                "residual": png(level, level=9),
                "truth": truth if material.has_truth[row] else None,
            }
        )
    return pd.DataFrame(rows).astype({"label": "Int64", "defect_type": object, "truth": object})
