"""New images that a run was fitted on already: they keep the scores they had when left out.

A detector that has learnt an image finds nothing odd in it, whatever it shows.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.runs.folder import Run

SAME = 5e-3
"""Distance of pooled features, in lengths of them, below which two files show one image.

Different images of bottle, transistor and boards were .044 apart at least; the same pixels in other
files 0, by another engine 1e-6 at most; saved as JPEG of quality 95 .01 to .18, which is not
recognised."""

_N_SHOWN = 20


def by_content(base: Run, ids: Sequence[str], samples: pd.DataFrame) -> pd.Series:
    """Return the training image whose file each new one is, None for any other.

    Parameters
    ----------
    base : Run
    ids : sequence of str
        Images that something was learnt from.
    samples : DataFrame
        Rows of SAMPLES.
    """
    trained = base.samples[base.samples["sample_id"].isin(ids)]
    trained = trained[trained["content_hash"].notna()].drop_duplicates("content_hash")
    by_hash = dict(zip(trained["content_hash"], trained["sample_id"], strict=True))
    return pd.Series([by_hash.get(found) for found in samples["content_hash"]], dtype=object)


def by_features(base: Run, known: np.ndarray, new: np.ndarray) -> pd.Series:
    """Return the training image whose pooled features each new one has, None for any other.

    Parameters
    ----------
    base : Run
    known : ndarray of shape (n_training, n_channels)
        In the order of its training images.
    new : ndarray of shape (n_images, n_channels)
    """
    return same_features(base.info.training_ids, known, new)


def same_features(ids: Sequence[str], known: np.ndarray, new: np.ndarray) -> pd.Series:
    """Return the name of the known image whose pooled features each new one has, or None."""
    found: list[str | None] = []
    for row in new:
        gaps = np.linalg.norm(known - row, axis=1)
        nearest = int(gaps.argmin())
        found.append(ids[nearest] if gaps[nearest] <= SAME * np.linalg.norm(row) else None)
    return pd.Series(found, dtype=object)


def as_left_out(
    base: Run,
    label: str,
    twins: pd.Series,
    scores: np.ndarray,
    maps: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Give recognised images the score they had when left out, and that map if the run keeps it.

    Parameters
    ----------
    base : Run
    label : str
        Detector of the run.
    twins : Series of str or None
        Training image that each new one is.
    scores : ndarray of shape (n_images,)
    maps : ndarray of shape (n_images, n_rows, n_cols)

    Returns
    -------
    scores, maps : ndarray
        Copies.
    """
    table = base.table("scores")
    known = table[table["detector"] == label].set_index("sample_id")["score"]
    rows = np.flatnonzero(twins.isin(known.index))
    if not len(rows):
        return scores, maps
    judged = {sample: row for row, sample in enumerate(base.queries["sample_id"])}
    kept = base.score_maps(label)
    scores, maps = scores.copy(), maps.copy()
    for row in rows:
        scores[row] = known.loc[twins[row]]
        if twins[row] in judged:
            maps[row] = kept[judged[twins[row]]]
    return scores, maps


def findings(base: Run, samples: pd.DataFrame, twins: pd.Series) -> list[Finding]:
    """Say which images were recognised."""
    known = samples.loc[twins.notna().to_numpy(), "image_path"]
    if not len(known):
        return []
    is_mapped = twins.dropna().isin(base.queries["sample_id"]).all()
    about_maps = "" if is_mapped else "; their maps know them, and show too little"
    message = (
        f"{len(known)} of {len(samples)} images were among those the run was fitted on: each has "
        f"the score it got when it was left out{about_maps}"
    )
    paths = sorted(known)[:_N_SHOWN]
    return [Finding("warning", "recognised", message, "", len(known), paths)]
