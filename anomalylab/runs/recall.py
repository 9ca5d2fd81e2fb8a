"""What share of the defects of each type a run finds at its thresholds."""

import pandas as pd

from anomalylab.metrics import recall_by_type
from anomalylab.runs.folder import Run
from anomalylab.runs.writing import RunWriter
from anomalylab.schema import RECALL


def defect_types(samples: pd.DataFrame) -> pd.Series:
    """Return the type of each defect; missing for images that are none and where it is unknown."""
    is_defective = (samples["label"] == 1).fillna(False).astype(bool)
    return samples["defect_type"].astype(object).where(is_defective)


def recall_table(
    samples: pd.DataFrame, scores: pd.DataFrame, thresholds: pd.DataFrame
) -> pd.DataFrame:
    """Return rows of RECALL for the judged defective images whose type is known.

    Parameters
    ----------
    samples, scores, thresholds : DataFrame
        Rows of SAMPLES, SCORES and THRESHOLDS.
    """
    typed = samples[["sample_id"]].assign(defect_type=defect_types(samples)).dropna()
    judged = scores[scores["role"] == "query"].merge(typed)
    used = thresholds[(thresholds["kind"] == "image") & thresholds["is_default"]]
    tables = [
        recall_by_type(rows["defect_type"].to_numpy(), rows["score"].to_numpy(), value).assign(
            detector=detector
        )
        for detector, value in zip(used["detector"], used["value"], strict=True)
        if len(rows := judged[judged["detector"] == detector])
    ]
    if not tables:
        return pd.DataFrame(columns=list(RECALL.columns))
    return pd.concat(tables, ignore_index=True)[list(RECALL.columns)]


def write_recall(writer: RunWriter) -> None:
    """Write RECALL of a run whose other tables are written, if types of defects are known."""
    run = Run(writer.folder)
    table = recall_table(run.queries, run.table("scores"), run.table("thresholds"))
    if len(table):
        writer.table("recall", table)


def recall_of(run: Run) -> pd.DataFrame:
    """Return the rows of RECALL of a run; counted from its scores if it is an old one."""
    table = run.table("recall")
    if len(table):
        return table
    return recall_table(run.queries, run.table("scores"), run.table("thresholds"))
