"""Effects that pages and live views tell of, computed once."""

from functools import cached_property
from typing import Any, NamedTuple

from anomalylab.studies.effects import Effect, Tested, effect
from anomalylab.studies.opened import Study
from anomalylab.studies.overlap import Overlap, overlaps
from anomalylab.studies.removal import Removal, removals

PERFECT, RANDOM = "perfect", "random"


class Mended(NamedTuple):
    """What a strategy does to a detector at one share removed.

    Parameters
    ----------
    strategy, scorer : str
    gain : Effect
        Against the polluted training set from which nothing is removed.
    over_random : Effect or None
        Against as many images removed at random; None if the study did not.
    false_alarms : Effect or None
        What becomes of false alarms at the same threshold; None of other metrics.
    """

    strategy: str
    scorer: str
    gain: Effect
    over_random: Effect | None
    false_alarms: Effect | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it mends for certain, and more than random removal."""
        beats = self.over_random is None or (self.over_random.low > 0)
        return self.gain.low > 0 and beats


class Findings:
    """Effects of pollution and of refinement in a study."""

    def __init__(self, study: Study):
        self.study = study

    @property
    def shown(self) -> list[str]:
        """Metrics that the headline tells of: ranking, what is found, false alarms."""
        at = self.study.at
        wanted = ["auroc", *([f"recall_at_{at}", f"false_alarms_at_{at}"] if at else [])]
        return [metric for metric in wanted if metric in self.study.measured]

    @cached_property
    def of_pollution(self) -> dict[str, dict[str, Effect]]:
        """Detector -> metric -> effect of the highest pollution against none."""
        levels = self.study.levels
        if len(levels) < 2:
            return {}
        return {
            detector: found
            for detector in self.study.detectors
            if (found := self._effects(detector, levels[0], levels[-1]))
        }

    def _effects(self, detector: str, low: float, high: float) -> dict[str, Effect]:
        at = {"study": "pollution", "detector": detector}
        found = {}
        for metric in self.shown:
            of = self._effect(metric, {**at, "pollution": low}, {**at, "pollution": high})
            if of is not None:
                found[metric] = of
        return found

    def _effect(self, metric: str, before: dict[str, Any], after: dict[str, Any]) -> Effect | None:
        return effect(self.study.tables.metrics, self.tested, metric, before, after)

    @cached_property
    def tested(self) -> Tested:
        """Scores of test images, found by cell."""
        return Tested(self.study.tables.scores)

    @cached_property
    def pollution(self) -> float | None:
        """Highest share of pollution that strategies refined; None if none was."""
        return self.study.refined_at[-1] if self.study.refined_at else None

    @cached_property
    def reject(self) -> float | None:
        """The share removed that is told of: the one nearest to that share of pollution."""
        given = [share for share in self.study.rejects if share > 0]
        if self.pollution is None or not given:
            return None
        wanted = self.pollution
        return min(given, key=lambda share: (round(abs(share - wanted), 9), share))

    def mended(self, detector: str, metric: str) -> list[Mended]:
        """Return what each strategy does to a metric of a detector, the largest gain first."""
        if self.pollution is None or self.reject is None:
            return []
        where = {"study": "refinement", "detector": detector, "pollution": self.pollution}
        at_random = where | {"strategy": RANDOM, "scorer": "", "reject": self.reject}
        alarms = metric.replace("recall", "false_alarms")
        found = []
        for strategy, scorer in self.study.strategies(detector):
            if strategy in (PERFECT, RANDOM):
                continue
            own = where | {"strategy": strategy, "scorer": scorer}
            after = own | {"reject": self.reject}
            gain, of_alarms = (
                self._effect(name, own | {"reject": 0.0}, after)
                or self._effect(name, self._unrefined(detector), after)
                for name in (metric, alarms)
            )
            if gain is not None:
                over_random = self._effect(metric, at_random, after)
                of_alarms = None if alarms == metric else of_alarms
                found.append(Mended(strategy, scorer, gain, over_random, of_alarms))
        return sorted(found, key=lambda one: -one.gain.value)

    def perfect(self, detector: str, metric: str) -> float | None:
        """Return a metric after exactly the defects were removed; None if the study did not."""
        points = self.study.points
        rows = points[
            (points["study"] == "refinement")
            & (points["detector"] == detector)
            & (points["strategy"] == PERFECT)
            & (points["metric"] == metric)
            & (points["pollution"] == self.pollution)
        ]
        return float(rows["value"].iloc[0]) if len(rows) else None

    def _unrefined(self, detector: str) -> dict[str, Any]:
        return {"study": "pollution", "detector": detector, "pollution": self.pollution}

    @cached_property
    def removals(self) -> list[Removal]:
        """What each ranking removes at that share, the most defects first."""
        if self.pollution is None or self.reject is None:
            return []
        found = removals(self.study.tables.cells, self.pollution, self.reject)
        return sorted(found, key=lambda one: -one.n_found)

    @cached_property
    def overlaps(self) -> list[Overlap]:
        """What images that are in training and test set change."""
        return overlaps(self.study.tables.scores) if self.study.is_overlapping else []
