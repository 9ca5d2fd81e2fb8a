"""How well maps and image scores find defects, at two resolutions."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.images.masks import resize_mask
from anomalylab.localise import anomaly_map
from anomalylab.recipes.pni.published import PUBLISHED_BLEND, published_value
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.measure import image_metrics, pixel_metrics
from anomalylab.runs.outcome import Material

RESIZED, CUT = 512, 480
"""Sides of the published protocol: images are resized, and the middle is cut out."""

IMAGE, PROTOCOL = "image", "480"

PIXEL = ("pixel_auroc", "au_pro")

COLUMNS = ["resolution", "metric", "value", "low", "high", "published", "note"]


class Cut(Sequence[np.ndarray]):
    """Anomaly maps, or masks, resized to 512 x 512 of which the middle 480 x 480 are given."""

    def __init__(self, made: Sequence[np.ndarray]):
        self.made = made

    def __len__(self) -> int:
        return len(self.made)

    def __getitem__(self, index):
        """Return one of them, or those of a slice."""
        if isinstance(index, slice):
            return Cut(self.made[index])
        margin = (RESIZED - CUT) // 2
        return np.ascontiguousarray(self.made[index][margin:-margin, margin:-margin])


class _Large(Sequence[np.ndarray]):
    """Anomaly maps at 512 x 512, each made when it is asked for."""

    def __init__(self, maps: np.ndarray, material: Material):
        self.maps, self.material = maps, material

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return _Large(self.maps[index], self.material)
        return anomaly_map(
            self.maps[index],
            (RESIZED, RESIZED),
            smoothing=self.material.request.smoothing,
            network_size=network_size_of(self.material.extractor),
        )


def values_of(
    material: Material, scores: np.ndarray, maps: np.ndarray, variant: str, blend: float
) -> pd.DataFrame:
    """Return rows of PNI_VALUES without their key.

    Published values stand beside what they are of: PatchCore without refinement, PNI with a tenth.

    Parameters
    ----------
    material : Material
    scores : ndarray of shape (n_query,)
    maps : ndarray of shape (n_query, n_rows, n_cols)
    variant : str
    blend : float
        Share of the refined map; 0 without refinement.
    """
    queries = material.queries
    of_images, _ = image_metrics(
        variant, queries["label"], scores, float(np.median(scores)), seed=material.request.seed
    )
    auroc = of_images.set_index("metric").loc["auroc"]
    rows = [(IMAGE, "image_auroc", auroc["value"], auroc["low"], auroc["high"], auroc["note"])]
    rows += list(_at_own_size(material, maps, variant))
    rows += list(_at_protocol(material, maps))
    table = pd.DataFrame(rows, columns=["resolution", "metric", "value", "low", "high", "note"])
    category = str(queries["category"].iloc[0])
    is_printed = blend == (0 if variant == "patchcore" else PUBLISHED_BLEND)
    table["published"] = [
        published_value(variant, category, metric) if is_printed else np.nan
        for metric in table["metric"]
    ]
    return table[COLUMNS]


def _at_own_size(material: Material, maps: np.ndarray, variant: str) -> Iterator[tuple]:
    table, _ = pixel_metrics(
        variant,
        material.queries,
        material.masks,
        maps,
        network_size=network_size_of(material.extractor),
        smoothing=material.request.smoothing,
        max_fpr=material.request.max_fpr,
    )
    table = table.set_index("metric")
    for name in PIXEL:
        row = table.loc[name]
        yield IMAGE, name, row["value"], np.nan, np.nan, row["note"]


def _at_protocol(material: Material, maps: np.ndarray) -> Iterator[tuple]:
    queries = material.queries
    is_normal = (queries["label"] == 0).fillna(False).to_numpy(bool)
    is_used = queries["mask_path"].notna().to_numpy() | is_normal
    truths = [
        resize_mask(material.masks.truth(row), (RESIZED, RESIZED))
        for row in queries[is_used].itertuples()
    ]
    if not any(truth.any() for truth in truths):
        for name in PIXEL:
            yield PROTOCOL, name, np.nan, np.nan, np.nan, "no mask marks a defect"
        return
    found, _ = metrics.localisation(
        Cut(truths), Cut(_Large(maps[is_used], material)), max_fpr=material.request.max_fpr
    )
    note = f"resized to {RESIZED}, of which the middle {CUT} are judged"
    for name in PIXEL:
        yield PROTOCOL, name, float(found[name]), np.nan, np.nan, note
