"""Near copies of a run: found by pixels, left out together, and told.

An image that is judged by a near copy of itself hides whatever is odd in it, and one that was seen
in training looks too good.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.near_copies import Pairs, linked, near_copies
from anomalylab.datasets.check import Finding, Report
from anomalylab.number_words import plural
from anomalylab.runs import roles
from anomalylab.runs.small_pictures import SmallPictures

SAME_PIXELS = 1e-3
"""Residual up to which two images count as of the same pixels, which the check tells apart."""

_N_SHOWN = 20
_COPIES = "near copies of "
_WHY = (
    "one scene photographed several times, frames of a video, or a crop moved by a pixel: judged "
    "by each other they hide what is odd in them"
)


@dataclass(frozen=True)
class NearCopies:
    """Near copies among the images of a table.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    pairs : Pairs
        Rows of ``samples`` that are near copies of each other.
    """

    samples: pd.DataFrame
    pairs: Pairs

    def grouped(self) -> pd.DataFrame:
        """Return the samples with near copies in one group; groups that a person gave stay."""
        if self.samples.attrs.get("is_grouped"):
            return self.samples
        given = self.samples["group"].astype(object)
        first, second = self.pairs.first, self.pairs.second
        numbers = linked(len(given), *_with_given(given, first, second))
        ids = self.samples["sample_id"].to_numpy(object)
        _, head = np.unique(numbers, return_index=True)
        is_copy = np.isin(numbers, numbers[first])
        names = [f"{_COPIES}{ids[row]}" for row in head[numbers]]
        grouped = self.samples.assign(group=given.mask(is_copy, pd.Series(names, given.index)))
        grouped.attrs = self.samples.attrs
        return grouped

    def findings(self) -> list[Finding]:
        """Say how many there are, which, and whether they stand in training and test."""
        is_seen = self.pairs.residual > SAME_PIXELS
        if not is_seen.any():
            return []
        n_images, first, second = len(self.samples), self.pairs.first, self.pairs.second
        numbers = linked(n_images, first, second)
        members = np.isin(numbers, numbers[first[is_seen]])
        sizes = np.unique(numbers[members], return_counts=True)[1]
        copies = self.samples[members].assign(number=numbers[members])
        paths = copies["image_path"]
        example = self.samples["image_path"].iloc[[first[is_seen][0], second[is_seen][0]]]
        across = _across(copies)
        message = (
            f"{plural(int(members.sum()), 'image')} in {plural(len(sizes), 'group')} are near "
            f"copies of each other, up to {sizes.max()} in one, as "
            f"{' and '.join(map(repr, example))}: {_WHY}"
        )
        ordered = copies.sort_values(["number", "image_path"])["image_path"]
        severity, told, advice = _told(across, bool(self.samples.attrs.get("is_grouped")))
        return [
            Finding(
                severity, "near_copies", message + told, advice, len(paths), [*ordered[:_N_SHOWN]]
            )
        ]

    def refusals(self) -> list[Finding]:
        """Say that nothing can be told where all that is fitted on shows one scene."""
        grouped = self.grouped().iloc[roles.training_rows(self.samples)]
        names = grouped["group"].where(grouped["group"].notna(), grouped["sample_id"])
        if len(set(names)) > 1 or len(names) < roles.MIN_TRAINING:
            return []
        message = (
            f"all {len(names)} images to fit on are of one group, near copies of one image or said "
            "to belong together: left out together they leave nothing to compare with, so that "
            "nothing can be told"
        )
        advice = "add images of other parts, or take each image as its own with --group-by nothing"
        paths = sorted(grouped["image_path"])[:_N_SHOWN]
        return [Finding("error", "one_group", message, advice, len(names), paths)]


def find(samples: pd.DataFrame, root: Path, small: SmallPictures) -> NearCopies:
    """Find the near copies among samples; images that cannot be read have none.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : Path
        Folder that their paths are relative to.
    small : SmallPictures
    """
    pictures, own = small.of(samples, root)
    rows = np.flatnonzero(np.isfinite(own))
    found = near_copies(pictures[rows], own[rows])
    return NearCopies(samples, Pairs(rows[found.first], rows[found.second], found.residual))


def copy_numbers(samples: pd.DataFrame) -> np.ndarray:
    """Number samples, as :meth:`NearCopies.grouped` left them, so that near copies share one.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES. Images in groups that a person gave keep numbers of their own.

    Returns
    -------
    numbers : int ndarray of shape (n_samples,)
    """
    names = samples["group"].astype(object)
    is_copy = names.map(lambda name: str(name).startswith(_COPIES)).to_numpy(bool)
    own = [f"{row}" for row in range(len(samples))]
    return pd.factorize(np.where(is_copy, names, own))[0]


def told(report: Report, found: NearCopies) -> Report:
    """Return a report of the check that tells of near copies, too."""
    return report.with_findings([*found.refusals(), *found.findings()])


def _with_given(
    given: pd.Series, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add pairs that join the members of each given group."""
    heads = pd.Series(np.arange(len(given)), given.index).groupby(given).transform("first")
    rows = np.flatnonzero(heads.notna())
    return np.append(first, heads.to_numpy()[rows].astype(int)), np.append(second, rows)


def _across(copies: pd.DataFrame) -> dict[str, int]:
    """Count the groups that stand in training and test, and under both labels."""
    of_group = copies.groupby("number")
    splits = of_group["split"].agg(lambda splits: {"train", "test"} <= set(splits))
    labels = of_group["label"].agg(lambda labels: {0, 1} <= set(labels.dropna()))
    return {"splits": int(splits.sum()), "labels": int(labels.sum())}


def _told(across: dict[str, int], is_given: bool) -> tuple[str, str, str]:
    """Return the severity, what else is to be said of near copies, and what to do."""
    told, advice = [], []
    if across["splits"]:
        told.append(
            f"{plural(across['splits'], 'group')} across training and test, so that metrics are "
            "worth less: what is judged was seen in training"
        )
        advice.append("keep all images of one part in one split")
    if across["labels"]:
        told.append(f"{plural(across['labels'], 'group')} under both labels, normal and anomalous")
        advice.append("look whether their labels are right")
    handled = (
        "the groups that were given are left out together, whether near copies or not"
        if is_given
        else "a run leaves each group out together"
    )
    words = "".join(f"; {part}" for part in [*told, handled])
    return ("warning" if told else "note"), words, "; ".join(advice)
