"""New images beside those that a run was fitted on: what differs may raise every score."""

import numpy as np
import pandas as pd

from anomalylab.datasets.check._finding import Finding, about

MOST_STRETCH = 1.05
"""By which width : height may lie beyond that of every known image."""

MOST_SCALE = 1.25
"""By which the side of a square of as many pixels may lie beyond that of every known image."""

LEAST_MARGIN = 8
"""Grey levels by which brightness may lie beyond that of every known image, at least."""

FEWEST_KNOWN = 10
"""Known images that a range of brightness is taken from, at least; of fewer it is too narrow."""

_NOT_SEEN = "scores may rise from that alone"


def beside(new: pd.DataFrame, known: pd.DataFrame) -> list[Finding]:
    """Compare format, shape and size of new images with those of known ones.

    Parameters
    ----------
    new, known : DataFrame
        Rows of SAMPLES.

    Returns
    -------
    findings : list of Finding
        ``other_pixels``, ``other_format``, ``other_shape`` and ``other_size``.
    """
    return [*_stored(new, known), *_shape(new, known), *_size(new, known)]


def brightness_beside(new: pd.Series, known: np.ndarray) -> list[Finding]:
    """Compare the mean grey of new images with that of known ones.

    An image stands out if its mean lies beyond every known one by more than half their range, and
    by :data:`LEAST_MARGIN`.

    Parameters
    ----------
    new : Series of float
        Mean grey of each new image, 0 to 255, by its path.
    known : ndarray of shape (n_images,)

    Returns
    -------
    findings : list of Finding
        ``other_brightness``: a warning if half of the images or more stand out, else a note;
        ``brightness_unknown`` where fewer than :data:`FEWEST_KNOWN` images are known.
    """
    if len(known) < FEWEST_KNOWN:
        message = (
            f"light is not compared: it takes pictures of {FEWEST_KNOWN} training images, and the "
            f"run keeps {len(known)}"
        )
        return [Finding("note", "brightness_unknown", message)]
    low, high = float(known.min()), float(known.max())
    margin = max(LEAST_MARGIN, (high - low) / 2)
    there = f"there {_span(low, high, '.0f')}. {_NOT_SEEN.capitalize()}"
    findings = []
    for how, stands_out in (("darker", new < low - margin), ("brighter", new > high + margin)):
        findings += about(
            "warning" if stands_out.sum() * 2 >= len(new) else "note",
            "other_brightness",
            new.index[stands_out],
            f"{{images}} much {how} than those of the run: mean grey "
            f"{new[stands_out].median():.0f} of 255, {there}",
            "look whether light, exposure or bit depth have changed",
        )
    return findings


def _stored(new: pd.DataFrame, known: pd.DataFrame) -> list[Finding]:
    if new["stored_as"].isna().any() or known["stored_as"].isna().any():
        return []
    files, pixels = (known["stored_as"].str.partition(", ")[part] for part in (0, 2))
    of_new = new["stored_as"].str.partition(", ")
    is_other = ~of_new[2].isin(pixels)
    is_other_file = ~is_other & ~of_new[0].isin(files)
    return [
        *about(
            "warning",
            "other_pixels",
            new.loc[is_other, "image_path"],
            f"{{images}} of {_listed(of_new.loc[is_other, 2])}, where those of the run are "
            f"{_listed(pixels)}: {_NOT_SEEN}",
            "save them as the images of the run were saved",
        ),
        *about(
            "note",
            "other_format",
            new.loc[is_other_file, "image_path"],
            f"{{images}} saved as {_listed(of_new.loc[is_other_file, 0])}, where those of the run "
            f"are {_listed(files)}: traces of compression may count as defects",
        ),
    ]


def _shape(new: pd.DataFrame, known: pd.DataFrame) -> list[Finding]:
    aspects, of_known = new["width"] / new["height"], known["width"] / known["height"]
    low, high = float(of_known.min()), float(of_known.max())
    is_other = (aspects < low / MOST_STRETCH) | (aspects > high * MOST_STRETCH)
    return about(
        "warning",
        "other_shape",
        new.loc[is_other, "image_path"],
        f"{{images}} of another shape than those of the run: width : height is "
        f"{aspects[is_other].median():.3g}, there {_span(low, high, '.3g')}. They are squeezed "
        f"otherwise, and {_NOT_SEEN}",
        "cut them as the images of the run were cut",
    )


def _size(new: pd.DataFrame, known: pd.DataFrame) -> list[Finding]:
    sides, of_known = ((t["width"] * t["height"]) ** 0.5 for t in (new, known))
    low, high = of_known.min() / MOST_SCALE, of_known.max() * MOST_SCALE
    is_other = (sides < low) | (sides > high)
    theirs = known.loc[of_known.sort_values().index[len(known) // 2]]
    return about(
        "warning",
        "other_size",
        new.loc[is_other, "image_path"],
        f"{{images}} of another size than those of the run, which are {theirs['width']} x "
        f"{theirs['height']} pixels as a rule: details are blurred or sharpened, and {_NOT_SEEN}",
        "take them at the distance and resolution of the run",
    )


def _span(low: float, high: float, form: str) -> str:
    first, last = format(low, form), format(high, form)
    return first if first == last else f"{first} to {last}"


def _listed(words: pd.Series) -> str:
    return " or ".join(sorted(set(words)))
