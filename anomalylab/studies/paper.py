"""Tables 1, 2 and 4 of the publication on refinement, its numbers beside those of a study."""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.studies.opened import Study
from anomalylab.studies.published import published

DETECTORS = ("knn", "mahalanobis", "padim", "patchcore")
SROC, MEAN = "sroc", "mean"

QUESTIONS = {
    1: "How robust are detectors to defects among the training images?",
    2: "What does refinement by the detector itself mend?",
    4: "What does refinement by mahalanobis mend?",
}
"""What each table answers."""

KEYS = ["category", "detector", "pollution", "strategy", "scorer", "reject", "metric"]
"""Columns that tell one number of a table from all others."""

CUT = re.compile(r"[@: ]|-(?=\w+=)")
"""Where the name of a detector or of a strategy ends and its options begin."""


def base(label: str) -> str:
    """Return the name of a detector or a strategy without its options.

    Examples
    --------
    >>> base("patchcore@sroc"), base("sroc leave_out=group"), base("knn-k=3"), base("")
    ('patchcore', 'sroc', 'knn', '')
    """
    return CUT.split(label, maxsplit=1)[0]


class PaperTable(NamedTuple):
    """One table of the publication.

    Parameters
    ----------
    number : int
    rows : DataFrame
        :data:`KEYS`; ``value`` and ``deviation`` over seeds of the study; ``published`` and
        ``published_deviation``; ``published_same``, the published mean over the categories that
        the study has, too, in rows of the mean.
    missing : list of str
        Categories of the publication that the study has not.
    strategy : str
        Label of the strategy that stands for the published one, empty if the study has none.
    """

    number: int
    rows: pd.DataFrame
    missing: list[str]
    strategy: str


def paper_table(study: Study, number: int) -> PaperTable:
    """Put the numbers of a study beside those of a table of the publication.

    A mean is over the categories that were measured.

    Parameters
    ----------
    study : Study
    number : int
        1, 2 or 4.

    Returns
    -------
    table : PaperTable
    """
    printed = published()
    printed = printed[printed["table"] == number]
    strategy = sroc_of(study) if number > 1 else ""
    ours = _ours(study, number, strategy, printed)
    names = {"value": "published", "deviation": "published_deviation"}
    theirs = printed.drop(columns="table").rename(columns=names)
    rows = ours.merge(theirs, on=KEYS, how="outer").sort_values(KEYS, ignore_index=True)
    rows["published_same"] = _same(rows, study.categories)
    of_all = published()
    known = of_all.loc[of_all["table"] == 1, "category"]
    missing = sorted(set(known) - {MEAN} - set(study.categories))
    return PaperTable(number, rows, missing, strategy)


def sroc_of(study: Study) -> str:
    """Return the strategy that stands for the published one: as published, else with options."""
    labels = sorted(
        {strategy for name in study.detectors for strategy, _ in study.strategies(name)}
    )
    return next((label for label in labels if base(label) == SROC), "")


def _ours(study: Study, number: int, strategy: str, printed: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of a study that a table asks for, and their means over categories."""
    table = study.tables.metrics.dropna(subset=["value"])
    by_base = table.assign(
        detector=table["detector"].map(base),
        scorer=table["scorer"].map(base),
        pollution=table["pollution"].round(6),
        reject=table["reject"].round(6),
    )
    rows = by_base[_wanted(number, strategy)(by_base)]
    shares = printed[["pollution", "reject"]].drop_duplicates()
    near = np.zeros(len(rows), bool)
    for pollution, reject in shares.itertuples(index=False):
        near |= np.isclose(rows["pollution"], pollution) & np.isclose(rows["reject"], reject)
    rows = rows[near & rows["metric"].isin(printed["metric"].unique()).to_numpy()]
    rows = _unrefined(rows.assign(strategy=rows["strategy"].map(base)))
    once = rows.drop_duplicates([*KEYS, "seed"])
    of_categories = once.groupby(KEYS)["value"].agg(["mean", "std"]).reset_index()
    of_categories.columns = pd.Index([*KEYS, "value", "deviation"])
    without = [key for key in KEYS if key != "category"]
    means = of_categories.groupby(without, as_index=False)[["value", "deviation"]].mean()
    return pd.concat([of_categories, means.assign(category=MEAN)], ignore_index=True)


def _wanted(number: int, strategy: str) -> Callable[[pd.DataFrame], pd.Series]:
    """Return which rows belong to a table."""
    if number == 1:
        return lambda rows: rows["study"] == "pollution"
    by = (lambda rows: rows["detector"]) if number == 2 else (lambda rows: "mahalanobis")
    return lambda rows: (
        (rows["study"] == "refinement")
        & (rows["strategy"] == strategy)
        & (rows["scorer"] == by(rows))
        & ((rows["detector"] != "mahalanobis") | (number == 2))
    )


def _unrefined(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with nothing removed as such, whatever strategy would have removed."""
    is_whole = rows["reject"] == 0
    return rows.assign(
        strategy=rows["strategy"].where(~is_whole, "none"),
        scorer=rows["scorer"].where(~is_whole, ""),
    )


def _same(rows: pd.DataFrame, categories: list[str]) -> pd.Series:
    """Return the published mean over the categories at hand, in rows of the mean."""
    keys = [key for key in KEYS if key != "category"]
    own = rows[rows["category"].isin(categories) & rows["published"].notna()]
    means = own.groupby(keys)["published"].mean()
    index = pd.MultiIndex.from_frame(rows[keys])
    found = pd.Series(means.reindex(index).to_numpy(), rows.index)
    return found.where(rows["category"] == MEAN)
