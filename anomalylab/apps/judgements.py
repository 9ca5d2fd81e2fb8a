"""One detector's queries as one table: what was said of each image, and what is true."""

import pandas as pd

from anomalylab.run_folder import Run

OUTCOMES = {
    (True, 1): "found",
    (True, 0): "false alarm",
    (False, 1): "missed",
    (False, 0): "passed",
}


def judgements(run: Run, detector: str) -> pd.DataFrame:
    """Return scores, samples, embedding and nearest normal image, one row a query, worst first.

    The column ``row`` is the place of the query among the score maps.
    """
    table = run.scores(detector).drop(columns=["detector", "role"])
    table = table.merge(run.queries, on="sample_id").merge(run.table("embedding"), on="sample_id")
    nearest = run.table("neighbours")
    nearest = nearest.loc[nearest["detector"] == detector, ["sample_id", "neighbour_id"]]
    table = table.merge(nearest, on="sample_id", how="left").reset_index(names="row")
    return table.sort_values("score", ascending=False, kind="stable").reset_index(drop=True)


def outcomes(table: pd.DataFrame, threshold: float) -> pd.Series:
    """Name what a threshold makes of each image: found, false alarm, missed, passed.

    Images without a label are ``above`` or ``below``.
    """
    labels = table["label"].astype("Int64").fillna(-1)
    named = [
        OUTCOMES.get((above, int(label)), "above" if above else "below")
        for above, label in zip(table["score"] >= threshold, labels, strict=True)
    ]
    return pd.Series(named, index=table.index, name="outcome")
