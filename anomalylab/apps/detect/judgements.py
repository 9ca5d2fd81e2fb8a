"""One detector's queries as one table: what was said of each image, and what is true."""

import pandas as pd

from anomalylab.runs.folder import Run

OUTCOMES = {
    (True, 1): "found",
    (True, 0): "false alarm",
    (False, 1): "missed",
    (False, 0): "passed",
}


def judgements(run: Run, detector: str) -> pd.DataFrame:
    """Return scores, samples, embedding and nearest normal image, one row a query, worst first.

    The column ``row`` is the place of the query among the score maps; ``cell_row`` and the like are
    the cells that matched in the query and in its nearest normal image.
    """
    table = run.scores(detector).drop(columns=["detector", "role"])
    table = table.merge(run.queries, on="sample_id").reset_index(names="row")
    table = table.merge(run.table("embedding"), on="sample_id", how="left")
    nearest = run.table("neighbours")
    nearest = nearest[nearest["detector"] == detector].drop(columns="detector")
    nearest = nearest.rename(columns={"row": "cell_row", "col": "cell_col"})
    table = table.merge(nearest, on="sample_id", how="left")
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
    return pd.Series(named, index=table.index, name="outcome", dtype="object")
