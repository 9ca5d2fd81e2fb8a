"""What a reader has chosen in the live view of a study."""

from typing import Any

import numpy as np
import pandas as pd
import param

from anomalylab.apps.kit.state import AppState
from anomalylab.apps.study.images import GROUPS, images_at
from anomalylab.metrics.in_studies import strategy_words, told
from anomalylab.studies.curves import curves
from anomalylab.studies.opened import Study

ALL, NOTHING, ALL_DRAWS = "all products", "nothing removed", "all draws"
REMOVED = ("refinement_", "healed_")


class StudyState(AppState):
    """Product, threshold, detector, the point of a curve, and which of its images are listed.

    Parameters
    ----------
    study : Study
    """

    in_address = (
        "product",
        "at",
        "detector",
        "level",
        "strategy",
        "refined",
        "reject",
        "metric",
        "group",
        "draw",
        "sample_id",
    )

    product: Any = param.Selector(
        check_on_set=True, doc="Means are over all products, or of one of them."
    )
    at: Any = param.Selector(
        check_on_set=True,
        doc="What decides what is found: a threshold set without labels on that same training set, "
        "for 1 or 5 % of false alarms, or the verdict.",
    )
    detector: Any = param.Selector(
        check_on_set=True, doc="The detector that is fitted on the training images."
    )
    level: Any = param.Selector(
        check_on_set=True, doc="Share of the training images that are defective, none removed."
    )
    strategy: Any = param.Selector(
        check_on_set=True, doc="What removed training images before the detector was fitted."
    )
    refined: Any = param.Selector(
        check_on_set=True, doc="Share of the training images that are defective before removal."
    )
    reject: Any = param.Selector(
        check_on_set=True, doc="Share of the training images that are removed."
    )
    metric: Any = param.Selector(
        check_on_set=True, doc="What is measured on the test images after removal."
    )
    group: Any = param.Selector(
        objects=list(GROUPS), check_on_set=True, doc="Which images behind the point are listed."
    )
    draw: Any = param.Selector(
        check_on_set=True,
        doc="Which images pollute, and which good ones leave, is drawn anew for each seed.",
    )
    sample_id = param.String(default="", doc="Image shown large; none if empty.")

    def __init__(self, study: Study):
        super().__init__()
        self.study = study
        cells = study.tables.cells
        seeds = sorted(int(seed) for seed in cells["seed"].unique())
        several = [ALL] if len(study.categories) > 1 else []
        metrics = [name for name in study.measured if not name.startswith(REMOVED)]
        for name, objects in {
            "product": [*several, *study.categories],
            "at": [at for at in ("5", "1", "verdict") if f"recall_at_{at}" in study.measured]
            or [""],
            "detector": study.detectors,
            "level": study.levels or [0.0],
            "refined": study.refined_at or [0.0],
            "reject": study.rejects or [0.0],
            "metric": metrics,
            "draw": [ALL_DRAWS, *(f"draw {seed}" for seed in seeds)],
        }.items():
            self.param[name].objects = objects
        self.param.watch(self._follow_detector, "detector")
        self.param.watch(self._follow_threshold, "at")
        self._points: dict[str, pd.DataFrame] = {}
        self._start(metrics)

    def _start(self, metrics: list[str]) -> None:
        study = self.study
        at = self.param["at"].objects[0]
        found = f"recall_at_{at}"
        rejects = self.param["reject"].objects
        highest = self.param["refined"].objects[-1]
        self.param.update(
            product=self.param["product"].objects[0],
            at=at,
            detector=study.detectors[0],
            level=self.param["level"].objects[-1],
            refined=highest,
            reject=min(rejects, key=lambda share: abs(share - highest)),
            metric=found if found in metrics else metrics[0],
            group=next(iter(GROUPS)),
            draw=ALL_DRAWS,
        )
        self._follow_detector()

    def makes_sense(self, name: str, value: Any) -> bool:
        """Whether a value means something here: an image of the study, or none."""
        if name == "sample_id":
            return value == "" or value in set(self.study.tables.samples["sample_id"])
        return super().makes_sense(name, value)

    @property
    def points(self) -> pd.DataFrame:
        """Points of the curves of the product."""
        if self.product not in self._points:
            table = self.study.tables.metrics
            is_all = self.product == ALL
            own = table if is_all else table[table["category"] == self.product]
            self._points[self.product] = self.study.points if is_all else curves(own)
        return self._points[self.product]

    @property
    def strategies(self) -> dict[str, tuple[str, str]]:
        """Strategy and scorer by name, for the detector."""
        pairs = self.study.strategies(self.detector)
        return {strategy_words(*pair, self.detector): pair for pair in pairs}

    @property
    def is_refined(self) -> bool:
        """Whether the point is one of refinement."""
        return self.strategy != NOTHING

    @property
    def where(self) -> dict[str, Any]:
        """The cells of the point: columns of KEY and their values."""
        where: dict[str, Any] = {"detector": self.detector}
        if self.product != ALL:
            where["category"] = self.product
        if self.draw != ALL_DRAWS:
            where["seed"] = int(self.draw.split()[1])
        if not self.is_refined:
            return where | {"study": "pollution", "pollution": float(self.level)}
        strategy, scorer = self.strategies[self.strategy]
        reject = self.refined if strategy == "perfect" else self.reject
        shares = {"pollution": float(self.refined), "reject": float(reject)}
        return where | {"study": "refinement", "strategy": strategy, "scorer": scorer, **shares}

    def counts(self, group: str) -> pd.Series:
        """Return the images of a group at the point, and in how many draws each is there."""
        at = self.at if self.at in ("1", "5") else "5"
        return images_at(self.study.tables.scores, self.where, group, at)

    def values(self) -> dict[str, tuple[float, float]]:
        """Return what was measured at the point: metric -> mean and deviation."""
        rows = self.points
        for name in ("detector", "study", "pollution", "strategy", "scorer", "reject"):
            if name in self.where:
                value = self.where[name]
                own = rows[name]
                is_near = np.isclose(own, value) if isinstance(value, float) else own == value
                rows = rows[np.asarray(is_near)]
        shown = {
            str(metric): (float(value), float(deviation))
            for metric, value, deviation in rows[["metric", "value", "deviation"]].itertuples(
                index=False
            )
        }
        ends = tuple(f"_at_{at}" for at in self.param["at"].objects if at != self.at)
        return {name: pair for name, pair in shown.items() if not (ends and name.endswith(ends))}

    def title(self) -> str:
        """Return the point in words."""
        product = "" if self.product == ALL else f"{self.product}: "
        if not self.is_refined:
            share = f"{100 * self.level:g} % of the training images defective, none removed"
            return f"{product}{self.detector}, {share}"
        removed = "exactly the defective ones"
        if self.strategies[self.strategy][0] != "perfect":
            removed = f"{100 * self.reject:g} %"
        return (
            f"{product}{self.detector}, {100 * self.refined:g} % of the training images defective, "
            f"{removed} removed by {self.strategy}"
        )

    def metric_title(self) -> str:
        """Return the metric's name for readers."""
        return told(self.metric).title

    def _follow_detector(self, *_) -> None:
        names = list(self.strategies) if self.study.refined_at else []
        base = [NOTHING] if self.study.levels else []
        kept = self.strategy
        self.param["strategy"].objects = [*base, *names]
        if kept not in self.param["strategy"].objects:
            self.strategy = self.param["strategy"].objects[0]

    def _follow_threshold(self, event) -> None:
        wanted = str(self.metric).replace(f"_at_{event.old}", f"_at_{event.new}")
        if wanted in self.param["metric"].objects:
            self.metric = wanted
