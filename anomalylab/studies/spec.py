"""What a study is asked: which training sets, which detectors on them, what is measured."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anomalylab import refine
from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.runs.request import DetectorChoice, DetectRequest, check_seed
from anomalylab.studies.strategy import CELLS, PERFECT, Healing, StrategyChoice

SAME = "same"
"""Names the detector that is fitted as the one that ranks, too."""

PLACES = ("none", "network", "mask")
"""Where anomaly maps are compared with masks: not at all, at the size that the network sees, or at
that of the masks, as the official evaluation does, which takes ten times as long."""

PROTOCOLS = ("replace", "append", "append-overlap")

SEEDS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class PollutionSource:
    """Where defective training images come from.

    Parameters
    ----------
    share : float
        Of the good training images: how many defective ones are set aside, at most, and so leave
        the test set.
    split_seed : int
        Decides which ones.
    protocol : {"replace", "append", "append-overlap"}
        Whether they take the place of good ones or are added; with ``append-overlap`` they stay in
        the test set, too, which flatters.
    table : path, optional
        CSV of a split as it was published, with the columns path, role and is_noise; the other
        fields then do not matter.
    synthetic : int
        Where there are too few defective images, defects are painted into good training images, so
        that this many are left to be judged; 0 paints none.
    """

    share: float = 0.2
    split_seed: int = 0
    protocol: str = "replace"
    table: Path | None = None
    synthetic: int = 0

    def __post_init__(self) -> None:
        check_share("share of pollution", self.share)
        if self.synthetic < 0:
            raise ParameterError(f"synthetic must be 0 or more images, not {self.synthetic}")
        check_seed(self.split_seed)
        if self.protocol not in PROTOCOLS:
            unknown_name("protocol", self.protocol, PROTOCOLS)


@dataclass(frozen=True, kw_only=True)
class PollutionGrid:
    """Training sets of several shares of pollution, from which nothing is removed.

    Parameters
    ----------
    levels : sequence of float
        Shares of the training set that are defective.
    seeds : sequence of int
        Each draws the images that pollute, and those that leave, anew.
    """

    levels: Sequence[float] = (0.0, 0.05, 0.1, 0.15, 0.2)
    seeds: Sequence[int] = SEEDS

    def __post_init__(self) -> None:
        _check_shares("pollution level", self.levels)
        _check_seeds(self.seeds)


@dataclass(frozen=True, kw_only=True)
class RefinementGrid:
    """Polluted training sets from which strategies remove images.

    Parameters
    ----------
    rejects : sequence of float
        Shares of the training set that are removed.
    strategies : sequence of StrategyChoice
    scorers : sequence of str
        Detectors that rank images for the strategies, written as on the command line; ``same`` for
        the one that is fitted on what is kept.
    pollution : sequence of float
    seeds : sequence of int
    """

    rejects: Sequence[float]
    strategies: Sequence[StrategyChoice]
    scorers: Sequence[str] = (SAME,)
    pollution: Sequence[float] = (0.2,)
    seeds: Sequence[int] = SEEDS

    def __post_init__(self) -> None:
        _check_shares("share to reject", self.rejects)
        _check_shares("pollution level", self.pollution)
        _check_seeds(self.seeds)
        _check_distinct("strategy", [strategy.label for strategy in self.strategies])
        _check_distinct("scorer", self.scorers)

    def scorers_of(self, strategy: StrategyChoice, own: str) -> list[str]:
        """Return labels of the detectors that rank for a strategy; an empty one if it needs none.

        Parameters
        ----------
        strategy : StrategyChoice
        own : str
            Label of the detector that is fitted on what is kept.
        """
        if strategy.name == PERFECT:
            return [""]
        if strategy.name != CELLS and not refine.uses_detector(strategy.name):
            return [""]
        labels = [own if text == SAME else _label_of(text) for text in self.scorers]
        return list(dict.fromkeys(labels))


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """Everything that decides what a study computes.

    Parameters
    ----------
    source : DetectRequest
        The images, how they are described, and the detectors that are fitted.
    categories : tuple of str
        Products to take; all that there are if empty.
    polluted_by : PollutionSource
    pollution : PollutionGrid, optional
    refinement : RefinementGrid, optional
    healing : Healing
        Of strategies that heal.
    places : {"none", "network", "mask"}
        Where anomaly maps are compared with masks.
    asked : str
        What names this study on the command line: a file or ``--preset NAME``, and options.
    """

    source: DetectRequest
    categories: tuple[str, ...] = ()
    polluted_by: PollutionSource = field(default_factory=PollutionSource)
    pollution: PollutionGrid | None = None
    refinement: RefinementGrid | None = None
    healing: Healing = field(default_factory=Healing)
    places: str = "none"
    asked: str = ""

    def __post_init__(self) -> None:
        if self.places not in PLACES:
            unknown_name("value of places", self.places, PLACES)
        if self.source.is_auto:
            raise ParameterError("a study compares detectors itself: name them, auto is none")
        if self.pollution is None and self.refinement is None:
            raise ParameterError("a study needs a table [pollution] or [refinement], or both")
        highest = max(self.levels)
        if highest > self.polluted_by.share and self.polluted_by.table is None:
            raise ParameterError(
                f"a pollution of {highest:g} is asked for and only a share of "
                f"{self.polluted_by.share:g} is set aside; raise share in [protocol]"
            )

    @property
    def levels(self) -> list[float]:
        """All shares of pollution that occur."""
        grids = (self.pollution and self.pollution.levels, self.refinement)
        of_refinement = self.refinement.pollution if self.refinement else ()
        return sorted({*(grids[0] or ()), *of_refinement})

    @property
    def scorers(self) -> dict[str, DetectorChoice]:
        """Detectors that occur, by label: fitted ones, then those that only rank or heal."""
        ranked = self.refinement.scorers if self.refinement else ()
        others = [DetectorChoice.parse(text) for text in ranked if text != SAME]
        others += [self.healing.healer] if self.heals("pixels") else []
        return {choice.label: choice for choice in (*self.source.detectors, *others)}

    @property
    def strategies(self) -> dict[str, StrategyChoice]:
        """Strategies by label."""
        grid = self.refinement
        return {strategy.label: strategy for strategy in grid.strategies} if grid else {}

    def heals(self, what: str) -> bool:
        """Tell whether a strategy heals features, or pixels."""
        return any(strategy.heals == what for strategy in self.strategies.values())

    def command(self, out: Path) -> str:
        """Return the command that repeats the study; folders by their last name only."""
        data = [self.source.data.name] if self.source.data and "--preset" in self.asked else []
        words = ["anomalylab", "study", *shlex.split(self.asked), *data]
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def _label_of(text: str) -> str:
    return DetectorChoice.parse(text).label


def check_share(what: str, share: float) -> None:
    """Refuse a share outside [0, 1).

    Raises
    ------
    ParameterError
        If so.
    """
    if not 0 <= share < 1:
        raise ParameterError(f"a {what} must be at least 0 and below 1, not {share:g}")


def _check_shares(what: str, shares: Sequence[float]) -> None:
    for share in shares:
        check_share(what, share)
    _check_distinct(what, shares)


def _check_seeds(seeds: Sequence[int]) -> None:
    for seed in seeds:
        check_seed(seed)
    _check_distinct("seed", seeds)


def _check_distinct(what: str, values: Sequence[object]) -> None:
    if not values or len(set(values)) < len(values):
        raise ParameterError(f"name one {what} or several different ones, not {list(values)}")
