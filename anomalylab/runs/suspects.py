"""The images of a run in the order in which to look at them, as a table for people."""

from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.progress import stage
from anomalylab.runs.displayed import places
from anomalylab.runs.folder import Run
from anomalylab.runs.spreadsheet import write_csv

FILE = "suspects.csv"


def suspects(run: Run, detector: str = "") -> pd.DataFrame:
    """Rank the judged images by their score.

    Parameters
    ----------
    run : Run
    detector : str
        Whose scores; those of the first, which gives the verdict, if empty.

    Returns
    -------
    table : DataFrame
        One row an image, highest score first, its number in ``run.queries`` as index: ``rank``
        from 1; ``image_path`` relative to the folder of the images; ``score``; ``p_value``, the
        chance of such a score among most images, missing where it is not known; ``is_beyond``, at
        or above the threshold of the run; ``x`` and ``y``, where the displayed map is highest, in
        pixels of the image from 0 at the upper left, missing for a detector without maps;
        ``look``, the same number for images that look alike, missing for those that look like no
        other or were not compared; ``detector``.

    Raises
    ------
    UnknownNameError
        If the run has no such detector.
    """
    detector = run.detector(detector)
    scores = run.scores(detector)
    table = pd.DataFrame(
        {
            "image_path": run.queries["image_path"].to_numpy(str),
            "score": scores["score"],
            "p_value": scores["p_value"].astype(float),
            "is_beyond": scores["score"] >= run.threshold(detector),
            **_places(run, detector),
            "look": look_numbers(run, detector),
            "detector": detector,
        }
    )
    table = table.sort_values("score", ascending=False, kind="stable")
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def look_numbers(run: Run, detector: str) -> pd.Series:
    """Return a number for each query, the same for those that look alike, missing for others."""
    table = run.table("looks")
    of_image = table[table["detector"] == detector].set_index("sample_id")["look"]
    return run.queries["sample_id"].map(of_image).astype("Int64")


def write_suspects(folder: Path) -> None:
    """Write :data:`FILE` into the folder of a finished run, for the detector of its verdict."""
    with stage("list suspects"):
        write_csv(suspects(Run(folder)), folder / FILE)


def _places(run: Run, detector: str) -> dict[str, pd.Series]:
    found = pd.DataFrame(index=range(len(run.queries)), columns=["x", "y"], dtype="Int64")
    if run.files.has(f"maps/{detector}.npy"):
        found[["x", "y"]] = places(run, detector)
    return {"x": found["x"], "y": found["y"]}
