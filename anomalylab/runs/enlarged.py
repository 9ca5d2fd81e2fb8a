"""The images to look at first, large enough to be looked at, kept in the run for its page."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.errors import ImageError
from anomalylab.images.read import read_image
from anomalylab.pictures.thumbnails import LONG_SIDE, enlarged
from anomalylab.progress import stage
from anomalylab.runs.folder import Run
from anomalylab.runs.pictures import Picture, kept_pictures
from anomalylab.runs.writing import RunWriter
from anomalylab.storage.blocks import BlockStore

N_ENLARGED = 24
"""Images kept; at most 75 kB each, so that a page of 100 images stays below 5 MB."""

N_FIRST = 10
"""Of them, those that the detector of the verdict finds most unusual."""

NOTHING: Picture = (b"", 0, 0)


def to_enlarge(run: Run) -> pd.DataFrame:
    """Return the queries to enlarge: the first ones of the verdict, then the best of any detector.

    Parameters
    ----------
    run : Run

    Returns
    -------
    queries : DataFrame
        At most :data:`N_ENLARGED` rows of SAMPLES, without images that their thumbnails show whole.
    """
    scores = {name: run.scores(name)["score"] for name in run.detectors}
    ranks = pd.DataFrame(scores).rank(ascending=False, method="first").to_numpy()
    of_verdict = ranks[:, 0]
    urgency = np.where(of_verdict <= N_FIRST, 0, ranks.min(axis=1))
    queries = run.queries.iloc[np.lexsort((of_verdict, urgency))[:N_ENLARGED]]
    return queries[queries[["height", "width"]].max(axis=1) > LONG_SIDE]


def write_enlarged(writer: RunWriter, root: Path) -> None:
    """Write ENLARGED of a run that is written but for it, unless thumbnails show all images whole.

    Parameters
    ----------
    writer : RunWriter
    root : Path
        Folder of the images.
    """
    run = Run(writer.folder)
    queries, intensity = to_enlarge(run), run.info.intensity
    if queries.empty:
        return

    def picture(name: str) -> Picture:
        try:
            file = root / run.files_of_images.get(name, name)
            return enlarged(read_image(file, intensity=intensity))
        except ImageError:  # it went away while the run was made
            return NOTHING

    def make() -> list[Picture]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(picture, queries["image_path"]))

    with stage("enlarge the first images"):
        pictures = kept_pictures(BlockStore("enlarged"), "of 768 px", queries, intensity, make)
    table = pd.DataFrame(pictures, columns=["image", "width", "height"])
    table.insert(0, "sample_id", queries["sample_id"].to_numpy())
    writer.table("enlarged", table[table["width"] > 0])
