"""A run on disk: parquet tables, score maps, fitted detectors and one JSON of what was done.

Whatever shows a run reads it from here and needs neither the images nor the network.
"""

from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import schema
from anomalylab.errors import RunError
from anomalylab.pictures.encode import data_url
from anomalylab.pictures.gallery import still
from anomalylab.pictures.map_ramp import ramp_for
from anomalylab.registry import unknown_name
from anomalylab.runs.checked_names import check_paths
from anomalylab.runs.files import RunFiles
from anomalylab.runs.info import FILE, DetectInfo, RunInfo, read_info
from anomalylab.runs.kinds import KINDS, Kind, resolve
from anomalylab.runs.put import recover
from anomalylab.schema import Table, autoencoder, metric_learning, planted, pni, study

N_STRIP = 10
"""Images that a run shows of itself in a cell."""

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        schema.SAMPLES,
        schema.HIDDEN,
        schema.SCORES,
        schema.THRESHOLDS,
        schema.METRICS,
        schema.RECALL,
        schema.CURVES,
        schema.NEIGHBOURS,
        schema.LOOKS,
        schema.EMBEDDING,
        schema.KINDS,
        schema.TIMINGS,
        schema.THUMBNAILS,
        schema.ENLARGED,
        planted.CHOICE,
        planted.PLANTED,
        planted.PLANTED_PICTURES,
        planted.SENSITIVITY,
        schema.FEATURES,
        schema.COEFFICIENTS,
        schema.SEARCH,
        study.STUDY_CELLS,
        study.STUDY_METRICS,
        study.STUDY_SCORES,
        study.STUDY_TIMES,
        study.STUDY_HEALED,
        metric_learning.TRAINING,
        metric_learning.METRIC_TRAININGS,
        metric_learning.METRIC_CURVES,
        metric_learning.METRIC_VALUES,
        metric_learning.METRIC_DISTANCES,
        metric_learning.METRIC_CLASSES,
        metric_learning.METRIC_EMBEDDING,
        metric_learning.METRIC_HEAT,
        metric_learning.METRIC_PICTURES,
        pni.PNI_FITS,
        pni.PNI_CURVES,
        pni.PNI_VALUES,
        pni.PNI_SCORES,
        pni.PNI_GAINS,
        pni.PNI_CELLS,
        pni.PNI_LISTED,
        autoencoder.TRAININGS,
        autoencoder.COURSE,
        autoencoder.F1_COURSE,
        autoencoder.TAU_CURVE,
        autoencoder.TAUS,
        autoencoder.VALUES,
        autoencoder.GOOD_RESIDUALS,
        autoencoder.MAXIMA,
        autoencoder.PICTURES,
    )
}


OF_EVERY_RUN = ("samples", "scores", "thresholds", "metrics", "thumbnails", "timings")
"""Tables that no run lacks which does not list its files."""


class Run:
    """A finished run, read as needed.

    Parameters
    ----------
    folder : path
        What ``anomalylab run`` or ``anomalylab recipe`` wrote.

    Attributes
    ----------
    info : RunInfo
        Parameters, versions, weights, fingerprints, verdicts; what ``run.json`` holds.

    Raises
    ------
    RunError
        If the folder holds no finished run, a damaged one, or one of a newer version.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        if not (self.folder / FILE).is_file():
            recover(self.folder.parent)
        self.files = RunFiles(self.folder)
        self.info: RunInfo = read_info(self.folder)
        self.files.checked(FILE)

    @property
    def kind(self) -> Kind:
        """What kinds of run differ in, for this one."""
        return KINDS[self.info.kind]

    @property
    def detect(self) -> DetectInfo:
        """What a run of detectors adds to ``info``; refused for runs of another kind."""
        return self.info.part_of(DetectInfo)

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called ``name``, e.g. ``"scores"``; empty if the run has none."""
        if name not in TABLES:
            unknown_name("table", name, TABLES)
        file = f"{name}.parquet"
        may_lack = name not in OF_EVERY_RUN or self.files.written is not None
        if may_lack and not self.files.has(file):
            return pd.DataFrame(columns=list(TABLES[name].columns))
        return self.files.table(file, TABLES[name])

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row an image."""
        return check_paths(self.table("samples"), self.folder / "samples.parquet")

    @cached_property
    def hidden(self) -> pd.DataFrame:
        """What is known of the images and was hidden from the run; empty if nothing was."""
        return check_paths(self.table("hidden"), self.folder / "hidden.parquet")

    @cached_property
    def files_of_images(self) -> dict[str, str]:
        """File of each image, by its ``image_path``, where that is not the file itself."""
        return dict(zip(self.hidden["sample_id"], self.hidden["image_path"], strict=True))

    @cached_property
    def queries(self) -> pd.DataFrame:
        """Samples that were judged, in the order of the score maps."""
        return self.samples[self.samples["split"] != "train"].reset_index(drop=True)

    @cached_property
    def map_ramp(self) -> str:
        """Colours of its anomaly maps, which stand out from what its thumbnails hold."""
        return ramp_for(self.table("thumbnails")["image"].tolist())

    @property
    def detectors(self) -> list[str]:
        """Names of the detectors, in the order asked for."""
        return list(self.info.verdicts)

    def detector(self, name: str = "") -> str:
        """Return the name of a detector of this run, the first if none is given.

        Raises
        ------
        UnknownNameError
            If the run has no such detector.
        """
        name = name or self.detectors[0]
        if name not in self.detectors:
            unknown_name("detector of this run", name, self.detectors)
        return name

    @property
    def verdict(self) -> str:
        """What the first detector found, in a sentence."""
        return self.info.verdicts[self.detectors[0]].sentence

    @property
    def is_labelled(self) -> bool:
        """Whether both normal and anomalous images were judged."""
        return self.queries["label"].nunique() == 2

    def scores(self, detector: str, role: str = "query") -> pd.DataFrame:
        """Return the rows of SCORES of one detector and role, in the order of ``queries``.

        Raises
        ------
        RunError
            If such a run judges no image, as a study.
        """
        self._check_judged()
        scores = self.table("scores")
        return scores[(scores["detector"] == detector) & (scores["role"] == role)].reset_index(
            drop=True
        )

    def threshold(self, detector: str, kind: str = "image") -> float:
        """Return the default threshold on image scores or on maps."""
        return float(self.thresholds(detector, kind)["value"].iloc[0])

    def thresholds(self, detector: str, kind: str = "image") -> pd.DataFrame:
        """Return the rows of THRESHOLDS on image scores or on maps, the default first."""
        self._check_judged()
        table = self.table("thresholds")
        rows = table[(table["detector"] == detector) & (table["kind"] == kind)]
        return rows.sort_values("is_default", ascending=False, kind="stable")

    def _check_judged(self) -> None:
        """Refuse a run that judges no image."""
        if not self.files.has("scores.parquet"):
            raise RunError(
                f"the run {self.info.name!r} holds {self.kind.holds}, which judges no image by one "
                f"threshold; use: {self.kind.show_command()}"
            )

    def score_maps(self, detector: str) -> np.ndarray:
        """Return the score maps of ``queries``, (n_queries, n_rows, n_cols), memory-mapped."""
        return self.files.array(f"maps/{detector}.npy", len(self.queries), None, None)

    def check(self) -> None:
        """Read all that the run holds, so that damage is told before anything is made of it.

        Raises
        ------
        RunError
            Names the file.
        """
        self.files.check()
        for name in TABLES:
            self.table(name)
        if self.kind.check:
            resolve(self.kind.check)(self)

    def _repr_html_(self) -> str:
        """Show the verdict over the images that the first detector finds most anomalous."""
        detector = self.detectors[0]
        if not self.files.has("scores.parquet"):  # as of a study, which judges no image once
            return f"<p><strong>{escape(self.verdict)}</strong></p>"
        facts = (
            f"{len(self.samples)} images, {', '.join(self.detectors)}; below, the "
            f"highest scores of {detector}, those beyond its threshold framed"
        )
        table = self.scores(detector).nlargest(N_STRIP, "score")
        table = table.merge(self.table("thumbnails"), on="sample_id")
        threshold = self.threshold(detector)
        names, scores = table["sample_id"], table["score"]
        items = (
            {
                "id": name,
                "title": f"{name}: score {score:.4g}",
                "score": f"{score:.3g}",
                "is_above": score >= threshold,
            }
            for name, score in zip(names, scores, strict=True)
        )
        sources = dict(zip(names, table["image"].map(data_url), strict=True))
        verdict = f"<p><strong>{escape(self.verdict)}</strong><br><span>{escape(facts)}</span></p>"
        return verdict + still(items, sources, side=96)


def check_maps(run: Run) -> None:
    """Read the score maps of every detector of a run."""
    for detector in run.detectors:
        run.score_maps(detector)
