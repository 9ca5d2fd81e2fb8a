"""Kinds of images among those that a run is fitted on: found, said, and told in its verdict.

Where a folder holds two products, a detector compares each image with both, and what is odd in one
hides in what the other looks like.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from anomalylab.compute.clusters import Clusters, clusters
from anomalylab.datasets.check import Finding
from anomalylab.number_words import listed
from anomalylab.runs import roles
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.outcome import Material

N_TYPICAL = 6
"""Images shown of each kind, those nearest to its centre."""

_N_SHOWN = 20
WHAT_IT_MAY_BE = "two products, two ways of taking pictures, or a defect that many images share"


@dataclass(frozen=True)
class ImageKinds:
    """Which images are of which kind.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES that were looked at.
    clusters : Clusters
        Of these rows.
    is_unlabelled : bool
        Whether the images can be run apart, no split being given.
    """

    samples: pd.DataFrame
    clusters: Clusters
    is_unlabelled: bool = True

    @property
    def is_mixed(self) -> bool:
        """Whether there are two kinds or more."""
        return len(self.clusters.sizes) > 1

    def rows_of(self, kind: int) -> pd.DataFrame:
        """Return the samples of a kind, counted from 1."""
        rows: pd.DataFrame = self.samples[self.clusters.number == kind - 1]
        return rows

    def table(self) -> pd.DataFrame:
        """Return rows of KINDS."""
        kind, distance = (pd.Series(part) for part in self.clusters)
        ids = self.samples["sample_id"].to_numpy()
        rank = distance.groupby(kind).rank(method="first").astype(int)
        return pd.DataFrame({"sample_id": ids, "kind": kind + 1, "rank": rank})

    def typical(self) -> set[str]:
        """Return the ``sample_id`` of the images that are shown; none if there is one kind."""
        if not self.is_mixed:
            return set()
        table = self.table()
        return set(table["sample_id"][table["rank"] <= N_TYPICAL])

    def typical_of(self, kind: int) -> str:
        """Return the ``sample_id`` of the image that is nearest to the centre of a kind."""
        rows = self.rows_of(kind)
        distance = self.clusters.distance[self.clusters.number == kind - 1]
        return str(rows["sample_id"].iloc[int(distance.argmin())])

    def findings(self) -> list[Finding]:
        """Say how many kinds there are, of how many images, and as which."""
        if not self.is_mixed:
            return []
        table = self.table()
        heads = self.samples.merge(table[table["rank"] == 1]).sort_values("kind")["image_path"]
        message = (
            f"the images seem to be of {self._counted()}, as {listed([*map(repr, heads)])}: "
            f"{WHAT_IT_MAY_BE}; a detector compares each image with all of them"
        )
        advice = (
            "run each kind apart with --per-cluster"
            if self.is_unlabelled
            else "run each product apart, with training and test images of its own"
        )
        n = len(self.samples)
        return [Finding("warning", "kinds", message, advice, n, [*heads][:_N_SHOWN])]

    def told(self, verdicts: Mapping[str, VerdictInfo]) -> dict[str, VerdictInfo]:
        """Return verdicts that say so in the headline, unless labels measure what was found."""
        return {
            label: self._told(verdict) if self.is_mixed and verdict.kind != "measured" else verdict
            for label, verdict in verdicts.items()
        }

    def _told(self, verdict: VerdictInfo) -> VerdictInfo:
        sentence = (
            f"What stands out cannot be told from these images: they seem to be of "
            f"{self._counted()}, and each was compared with all of them."
        )
        reason = f"All of them taken together: {verdict.sentence} {verdict.reason}".strip()
        return replace(verdict, kind="undecidable", sentence=sentence, reason=reason)

    def _counted(self) -> str:
        sizes = self.clusters.sizes
        return f"{len(sizes)} kinds ({listed([*map(str, sizes)])} images)"


def find(material: Material) -> ImageKinds:
    """Find the kinds of the images that a run is fitted on, or of all where none has a split.

    Parameters
    ----------
    material : Material
    """
    features, is_unlabelled = material.features, roles.is_unlabelled(material.samples)
    rows = np.arange(len(material.samples)) if is_unlabelled else material.training
    widths = [shape[2] for shape in features.shapes.values()]
    pooled = features.pooled()[rows]
    levels = np.split(pooled, np.cumsum(widths)[:-1], axis=1)
    found = clusters(levels, features.group_numbers[rows])
    samples = material.samples.iloc[rows].reset_index(drop=True)
    return ImageKinds(samples, found, is_unlabelled)
