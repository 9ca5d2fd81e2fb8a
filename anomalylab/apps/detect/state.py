"""What a reader has chosen in the live view of a run, and the images that this leaves."""

from typing import Any

import numpy as np
import pandas as pd
import param

from anomalylab.apps.detect.judgements import OUTCOMES, judgements, outcomes
from anomalylab.apps.kit.state import AppState
from anomalylab.plots.score_axis import score_axis
from anomalylab.runs.displayed import bulk_behind, further_columns
from anomalylab.runs.folder import Run
from anomalylab.verdicts.thresholds import method_words

ALL = "all"
BY_HAND = "by hand"
ORDERS = ("highest score first", "nearest to the threshold first", "lowest score first")
FAR = 1000
"""Times the largest score: no threshold lies beyond."""

NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆"})
"""Panel's choice of many shows its options as HTML."""


class DetectState(AppState):
    """Detector, threshold, filters and the image shown large.

    Parameters
    ----------
    run : Run
        A finished run.
    """

    in_address = (
        "detector",
        "threshold",
        "show",
        "where",
        "find",
        "order",
        "opacity",
        "colour_by",
        "chosen",
        "sample_id",
    )

    detector: Any = param.Selector(
        check_on_set=True,
        doc="What judges the images. Each detector has scores and thresholds of its own.",
    )
    rule: Any = param.Selector(
        check_on_set=True,
        doc="How the threshold was found. 'Oracle' used the labels of these very images and "
        "promises too much; what was fitted to images or left them out needs no labels.",
    )
    threshold = param.Number(
        doc="Images that score at or above it count as anomalous. In the unit of the detector's "
        "scores; click or drag in the histogram, too."
    )
    show: Any = param.Selector(
        default=ALL,
        objects=[ALL],
        doc="Lists the images by what the threshold makes of them, e.g. only those missed.",
    )
    where = param.ListSelector(
        default=[],
        objects=[],
        check_on_set=True,
        doc="Lists the images with these properties. Of one column any value may hold, "
        "of several columns all must.",
    )
    find = param.String(default="", doc="Lists the images whose name holds this text.")
    order: Any = param.Selector(
        default=ORDERS[0],
        objects=list(ORDERS),
        doc="The images nearest to the threshold are those that decide.",
    )
    opacity = param.Number(
        default=0.8,
        bounds=(0, 1),
        doc="Of the anomaly map over the image: 0 hides it, 1 shows it in full.",
    )
    colour_by: Any = param.Selector(
        default="class", objects=["class"], doc="What colours the points: truth, score or a column."
    )
    chosen = param.List(default=[], item_type=int, doc="Rows of the images chosen in the embedding")
    sample_id: Any = param.Selector(check_on_set=True, doc="Image shown large")
    axis: Any = param.Parameter(doc="Where the histogram of scores ends, as a ScoreAxis")
    cleared = param.Integer(default=0, doc="How often the filters were cleared")

    def __init__(self, run: Run):
        super().__init__()
        self.run = run
        self.columns = further_columns(run.queries)
        self.param["detector"].objects = run.detectors
        self.param["colour_by"].objects = ["class", "score", *self.columns]
        self.param["where"].objects = self._properties()
        self.param.watch(self._keep_up, ["detector", "threshold"])
        self.param.watch(self._follow_rule, "rule")
        self.detector = run.detectors[0]
        self._start(own_threshold=True)

    def makes_sense(self, name: str, value: Any) -> bool:
        """Whether a value means something here: rows that there are, a threshold near scores."""
        if name == "chosen":
            return set(value) <= set(self.table["row"]) and not any(v is True for v in value)
        if name == "threshold":
            largest = max(map(abs, self.param["threshold"].softbounds))
            return super().makes_sense(name, value) and abs(value) <= FAR * (1 + largest)
        return super().makes_sense(name, value)

    @property
    def own_threshold(self) -> float:
        """The detector's default threshold, chosen before these images were seen."""
        return self.run.threshold(self.detector)

    @property
    def is_by_hand(self) -> bool:
        """Whether the threshold is none that the run found."""
        return self.rule == BY_HAND

    @property
    def expected_by_chance(self) -> float | None:
        """Images expected at or above the threshold if all are good; None if not known.

        As the run states it; along the fitted bulk where the threshold was moved.
        """
        stated = self.where_found()
        if stated is not None and not self.run.is_labelled:
            return stated[0] * len(self.table) / stated[1]
        if self.bulk is None:
            return None
        return float(self.bulk.p_value(np.array([self.threshold]))[0] * len(self.table))

    def judged(self) -> pd.DataFrame:
        """Return all queries with what the threshold makes of them."""
        return self.table.assign(outcome=outcomes(self.table, self.threshold))

    def listed(self) -> pd.DataFrame:
        """Return the queries that the filters leave, in the order asked for."""
        table = self.judged()
        if self.show != ALL:
            table = table[table["outcome"] == self.show]
        if self.chosen:
            table = table[table["row"].isin(self.chosen)]
        if self.find:
            names = table["sample_id"].str
            table = table[names.contains(self.find, case=False, regex=False)]
        return self._ordered(self._with_properties(table))

    def rules(self) -> dict[str, float]:
        """Return the detector's thresholds on image scores by how they were found."""
        rows = self.run.thresholds(self.detector)
        values = rows["value"].astype(float)
        return dict(zip(rows["method"].map(method_words), values, strict=True))

    def note(self) -> str:
        """Return what the run says about the threshold shown."""
        if self.is_by_hand:
            return "chosen on these images: what it finds here it need not find on others"
        return str(self._rule_row()["note"])

    def where_found(self) -> tuple[float, int] | None:
        """Return how many of how many good images lie beyond, as the run states it if it does."""
        if self.is_by_hand or pd.isna(self._rule_row()["expected_false"]):
            return None
        row = self._rule_row()
        return float(row["expected_false"]), int(row["n_images"])

    def _rule_row(self) -> pd.Series:
        rows = self.run.thresholds(self.detector)
        return rows[rows["method"].map(method_words) == self.rule].iloc[0]

    def clear_filters(self) -> None:
        """List all images again."""
        self.param.update(show=ALL, where=[], find="", chosen=[], cleared=self.cleared + 1)

    def _keep_up(self, *events) -> None:
        changed = {event.name for event in events}
        if "detector" in changed:
            self._start(own_threshold="threshold" not in changed)
        self.axis = score_axis(self.table["score"].to_numpy(float), self.threshold)
        names = [name for name, value in self.rules().items() if value == self.threshold]
        if self.rule not in names:
            self.rule = names[0] if names else BY_HAND

    def _follow_rule(self, event) -> None:
        if event.new != BY_HAND:
            self.threshold = self.rules()[event.new]

    def _start(self, *, own_threshold: bool) -> None:
        """Take up a detector: its scores, its thresholds, its most anomalous image."""
        self.table = judgements(self.run, self.detector)
        self.bulk = None if self.run.is_labelled else bulk_behind(self.run, self.detector)
        rules = self.rules()
        values = [self.table["score"].min(), self.table["score"].max(), *rules.values()]
        is_known = self.table["label"].notna()
        names = list(OUTCOMES.values()) if is_known.any() else []
        names += [] if is_known.all() else ["above", "below"]
        self.param["threshold"].softbounds = (float(min(values)), float(max(values)))
        self.param["rule"].objects = [*rules, BY_HAND]
        self.param["show"].objects = [ALL, *names]
        self.param["sample_id"].objects = list(self.table["sample_id"])
        if self.sample_id is None:
            self.sample_id = self.table["sample_id"].iloc[0]
        if own_threshold:
            self.param.update(threshold=self.own_threshold, rule=next(iter(rules)))

    def _properties(self) -> list[str]:
        queries = self.run.queries
        return [
            f"{name} = {value}".translate(NO_MARKUP)
            for name in self.columns
            if queries[name].nunique() <= 30
            for value in sorted(queries[name].dropna().astype(str).unique())
        ]

    def _with_properties(self, table: pd.DataFrame) -> pd.DataFrame:
        for name in self._columns_asked():
            named = f"{name} = " + table[name].astype(str)
            table = table[named.str.translate(NO_MARKUP).isin(self.where)]
        return table

    def _columns_asked(self) -> list[str]:
        asked = {item.split(" = ", 1)[0] for item in self.where}
        return [name for name in self.columns if name.translate(NO_MARKUP) in asked]

    def _ordered(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.order == ORDERS[0]:
            return table
        if self.order == ORDERS[2]:
            return table.iloc[::-1]
        distance = (table["score"] - self.threshold).abs()
        return table.loc[distance.sort_values(kind="stable").index]
