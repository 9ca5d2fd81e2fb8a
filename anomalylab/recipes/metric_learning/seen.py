"""What a network made of the images of a category, as rows of tables."""

from typing import Any

import numpy as np
import pandas as pd

from anomalylab.images.masks import resize_mask
from anomalylab.pictures.heat import heat_bytes, heat_scale
from anomalylab.pictures.map_colours import composite
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.lessons import Lesson
from anomalylab.recipes.metric_learning.trials import Finished
from anomalylab.recipes.metric_learning.values import Scored


class Seen:
    """The images of a category with what a network made of them.

    Parameters
    ----------
    finished : Finished
        A trial that did not fail.
    category : Category
    """

    def __init__(self, finished: Finished, category: Category):
        self.arrays, self.category = finished.arrays, category
        self.ids = category.samples["sample_id"].to_numpy(object)
        test = self.arrays["test_rows"]
        trained_on = _trained_on(finished.lesson, category)
        types, labels = category.types[test], category.labels[test]
        self.scored = Scored(labels, self.arrays["test_distance"], types, trained_on)

    def distances(self) -> pd.DataFrame:
        """Return rows of METRIC_DISTANCES; those that nothing can be compared with are left out."""
        parts = []
        for role in ("train", "test"):
            rows = self.arrays[f"{role}_rows"]
            known = self.category.labels[rows]
            types = pd.Series(self.category.types[rows], dtype=object)
            parts.append(
                pd.DataFrame(
                    {
                        "sample_id": self.ids[rows],
                        "role": role,
                        "label": pd.array(known, dtype="Float64").astype("Int64"),
                        "defect_type": types.where(types != "", None),
                        "distance": self.arrays[f"{role}_distance"],
                        "nearest_id": self.ids[self.arrays[f"{role}_nearest"]],
                    }
                )
            )
        table = pd.concat(parts, ignore_index=True)
        return table[table["distance"].notna()].reset_index(drop=True)

    def embedding(self) -> pd.DataFrame:
        """Return rows of METRIC_EMBEDDING."""
        train, test = self.arrays["train_rows"], self.arrays["test_rows"]
        x, y = self.arrays["places"].T
        return pd.DataFrame(
            {
                "sample_id": self.ids[np.concatenate([train, test])],
                "role": np.repeat(["train", "test"], [len(train), len(test)]),
                "x": x,
                "y": y,
            }
        )

    def heat(self, of: str) -> pd.DataFrame:
        """Return rows of METRIC_HEAT."""
        from anomalylab.training.grad_cam import heat_in_mask  # loads torch

        rows, samples, heats = [], self.category.samples, self.arrays[f"heat_{of}"]
        scale = heat_scale(heats) or 1.0
        for row, heat in zip(self.arrays["heat_rows"], heats, strict=True):
            mask, inside, share = self._mask(samples.iloc[row]), np.nan, np.nan
            if mask is not None:
                inside, share = heat_in_mask(heat, mask), float(mask.mean())
            rows.append((self.ids[row], of, inside, share, float(heat.max()) / scale))
        columns = ["sample_id", "of", "mass_in_mask", "mask_share", "peak"]
        return pd.DataFrame(rows, columns=columns)

    def _mask(self, sample: Any) -> np.ndarray | None:
        """Return the marked pixels of a defect at the size of the network, if there are any."""
        if not isinstance(sample.mask_path, str) or sample.label != 1:
            return None
        size = self.category.images.shape[1:3]
        mask = resize_mask(self.category.masks.truth(sample), (size[0], size[1]))
        return mask if mask.any() else None

    def pictures(self, of: str, thumbnails: pd.DataFrame, ramp: str) -> pd.DataFrame:
        """Return rows of METRIC_PICTURES, on one scale for all images of the trial."""
        heats = self.arrays[f"heat_{of}"]
        scale = heat_scale(heats)
        rows = self.arrays["heat_rows"]
        chosen = np.isin(rows, self.arrays["pictured_rows"])
        small = thumbnails.set_index("sample_id")["image"]
        drawn = [
            (self.ids[row], of, composite(small[self.ids[row]], cells, None, ramp))
            for row, cells in zip(rows[chosen], heat_bytes(heats[chosen], scale), strict=True)
        ]
        return pd.DataFrame(drawn, columns=["sample_id", "of", "image"])


def _trained_on(lesson: Lesson | None, category: Category) -> str:
    """Return the type of defect that a network was trained on; empty if none."""
    return lesson.names[1] if lesson and category.name in lesson.extra else ""
