"""The thresholds that new images are held against: those of the run, or others if asked for."""

import shlex
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.errors import ParameterError
from anomalylab.number_words import plural
from anomalylab.runs.folder import Run
from anomalylab.runs.new_images import NewImages
from anomalylab.runs.offered import by_rank, starting_from
from anomalylab.verdicts import thresholds
from anomalylab.verdicts.thresholds import Threshold

GOOD_NEW = "good new images"
"""What the images of ``--calibrate-on`` are called."""

_SHOWN = 3


@dataclass(frozen=True)
class Good:
    """Scores of good new images by one detector, and the maxima of their maps."""

    scores: np.ndarray
    map_max: np.ndarray


@dataclass(frozen=True)
class Limits:
    """What new images are held against by one detector.

    Parameters
    ----------
    table : DataFrame
        Rows of THRESHOLDS.
    good : Good or None
        Good new images that the thresholds come from; None if they come from the run.
    """

    table: pd.DataFrame
    good: Good | None = None

    @property
    def default(self) -> Threshold:
        """The threshold on image scores that views start from."""
        is_default = (self.table["kind"] == "image") & self.table["is_default"]
        row = self.table[is_default].iloc[0]
        return Threshold(
            row["method"], row["value"], row["expected_false"], int(row["n_images"]), row["note"]
        )


def limits_of_run(base: Run, label: str, rate: float | None = None) -> Limits:
    """Return the thresholds of a run that saw no labels of the judged images.

    Parameters
    ----------
    base : Run
    label : str
        One of its detectors.
    rate : float in (0, 1), optional
        Rate of false alarms to start from, by rank among the training images; that of the run if
        not given.

    Raises
    ------
    ParameterError
        If so few training images cannot promise it.
    """
    table = base.table("thresholds")
    is_kept = (table["detector"] == label) & ~table["method"].str.startswith("oracle")
    table = table[is_kept].reset_index(drop=True)
    if rate is None:
        return Limits(table)
    training = training_rows(base, label)
    scores = training["score"].to_numpy(float)
    chosen = [thresholds.from_conformal(scores, max_fpr=rate)]
    first = _tables(label, chosen, Good(scores, training["map_max"].to_numpy(float)))
    others = table[table["method"] != chosen[0].method].assign(is_default=False)
    return Limits(pd.concat([first, others], ignore_index=True))


def limits_of_good(label: str, good: Good, rate: float | None = None) -> Limits:
    """Return thresholds by rank among good new images.

    Parameters
    ----------
    label : str
    good : Good
    rate : float in (0, 1), optional
        Rate to start from; 5 % if not given, or the lowest that so few images can promise.

    Raises
    ------
    ParameterError
        If so few images cannot promise the rate.
    """
    chosen = by_rank(good.scores, max_false_alarms=rate, images=GOOD_NEW)
    return Limits(_tables(label, starting_from(rate, chosen), good), good)


def training_rows(base: Run, label: str) -> pd.DataFrame:
    """Return the rows of SCORES of the training images, each left out, in the order of the fit."""
    scores = base.table("scores")
    rows = scores[scores["detector"] == label].set_index("sample_id")
    return rows.loc[[name for name in base.info.training_ids if name in rows.index]]


def check_asked(base: Run, new: NewImages, good: NewImages | None, rate: float | None) -> None:
    """Refuse a rate that so few images cannot promise, and good images that promise nothing.

    Parameters
    ----------
    base : Run
    new : NewImages
        To be scored.
    good : NewImages or None
        Good new images for thresholds, in place of the training images.
    rate : float in (0, 1) or None

    Raises
    ------
    ParameterError
        If ``good`` holds files that are to be scored, or that the run was fitted on, too.
    """
    if rate is not None:
        n_images = len(base.info.training_ids) if good is None else len(good.samples)
        thresholds.check_promise(n_images, rate)
    if good is None:
        return
    is_fitted = base.samples["sample_id"].isin(base.info.training_ids)
    hashes = good.hashes()
    refuse_known(good, hashes.isin(set(new.hashes())), SCORED)
    refuse_known(good, hashes.isin(set(base.samples["content_hash"][is_fitted])), FITTED)


FITTED = "are among those the run was fitted on"
SCORED = "are among those to be scored"


def refuse_known(good: NewImages, is_known: pd.Series, why: str) -> None:
    """Refuse good images that can promise nothing, by rows of its samples.

    Raises
    ------
    ParameterError
        If there is one.
    """
    known = good.samples.loc[is_known.to_numpy(), "image_path"].tolist()
    if known:
        raise ParameterError(
            f"{len(known)} of {plural(len(good.samples), 'good image')} in {good.name!r} {why} "
            f"({', '.join(known[:_SHOWN])}{', ...' if len(known) > _SHOWN else ''}): they promise "
            "nothing about new ones; leave them out"
        )


def calibration_finding(limits: Limits, good: NewImages) -> Finding:
    """Say where the thresholds come from, and what they promise."""
    default = limits.default
    n_broken = len(good.samples) - default.n_images
    unread = f" ({n_broken} more are broken)" if n_broken else ""
    message = (
        f"Thresholds come from {plural(default.n_images, 'good new image')} in {good.name!r}"
        f"{unread}, by rank, and no longer from the run: the one shown first {default.note}"
    )
    return Finding("note", "calibrated", message, "", default.n_images)


def asked_options(rate: float | None, good: NewImages | None) -> str:
    """Return the options that ask for these limits, as they are typed."""
    asked = [] if rate is None else ["--max-false-alarms", f"{rate:.10g}"]
    asked += [] if good is None else ["--calibrate-on", good.name]
    return "".join(f" {shlex.quote(word)}" for word in asked)


def _tables(label: str, chosen: list[Threshold], of: Good) -> pd.DataFrame:
    first = chosen[0].method
    tables = [thresholds.threshold_table(label, "image", chosen, default=first)]
    if not np.isnan(of.map_max).any():
        on_maps = [thresholds.same_quantile(of.scores, one, of.map_max) for one in chosen]
        tables.append(thresholds.threshold_table(label, "map", on_maps, default=first))
    return pd.concat(tables, ignore_index=True)
