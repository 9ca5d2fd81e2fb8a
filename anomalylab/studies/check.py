"""What can be told to be wrong with a study before any work is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab import refine
from anomalylab.datasets.pollute import Pollution
from anomalylab.detectors import Detector, Pool
from anomalylab.detectors.patchcore_pool import lists_cells
from anomalylab.errors import InfeasiblePollution, ParameterError
from anomalylab.features import ON_DEMAND, Features
from anomalylab.number_words import percent
from anomalylab.refine import one_of
from anomalylab.refine.cells import RANKED
from anomalylab.refine.pixel_healing import check_healer
from anomalylab.registry import unknown_name
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.planned import shapes_of
from anomalylab.runs.shape import create_extractor
from anomalylab.studies.jobs import BY
from anomalylab.studies.material import Listed, listed
from anomalylab.studies.polluted import pollution_of
from anomalylab.studies.spec import RefinementGrid, StudyRequest
from anomalylab.studies.strategy import CELLS, HEAL, HEALED, PERFECT, REPLACE, StrategyChoice
from anomalylab.studies.synthetic import with_synthetic
from anomalylab.studies.worker import detectors_of


@dataclass(frozen=True)
class Checked:
    """What a study can be made of.

    Parameters
    ----------
    categories : list of Listed
    left_out : dict
        Category that cannot be studied -> why.
    """

    categories: list[Listed]
    left_out: dict[str, str]


def checked(request: StudyRequest) -> Checked:
    """List the images of a study, and see that all that is asked can be done with them.

    Where several categories are asked for, those that are too small are left out, and said.

    Raises
    ------
    UnknownNameError
        If there is no such detector, strategy, category, or option of one of them.
    ParameterError
        If an option is out of range, or a category too small for what is asked.
    InfeasiblePollution
        If a category has too few defective images.
    """
    detectors = detectors_of(request)
    for strategy in request.refinement.strategies if request.refinement else ():
        fitted = [detectors[one.label] for one in request.source.detectors]
        _check_options(strategy, fitted)
        _check_healing(strategy, fitted)
    if request.heals("pixels"):
        check_healer(detectors[request.healing.healer.label])
    found = listed(request.source, request.categories)
    usable: list[Listed] = []
    left_out: dict[str, str] = {}
    for category in found:
        try:
            if request.polluted_by.synthetic:
                category = with_synthetic(category, request.polluted_by)
            check_category(request, category.samples, detectors)
            usable.append(category)
        except (InfeasiblePollution, ParameterError) as error:
            if len(found) == len(left_out) + 1:  # none is left
                raise type(error)(f"{category.name}: {error}") from error
            left_out[category.name] = str(error)
    return Checked(usable, left_out)


def check_category(
    request: StudyRequest, samples: pd.DataFrame, detectors: dict[str, Detector]
) -> Pollution:
    """Refuse a category that is too small for the pollution, a detector or a strategy.

    Returns
    -------
    pollution : Pollution

    Raises
    ------
    InfeasiblePollution, ParameterError
        With the numbers.
    """
    pollution = pollution_of(request.polluted_by, samples)
    seed = _seeds(request)[0]
    smallest = min(len(pollution.training(level, seed)[0]) for level in request.levels)
    rejects = request.refinement.rejects if request.refinement else (0.0,)
    n_kept = int(refine.kept(np.zeros(smallest), max(rejects)).sum())
    extractor = create_extractor(request.source, samples)
    for choice in request.source.detectors:
        detector = detectors[choice.label]
        _check_size(choice.label, detector, n_kept, smallest, max(rejects))
        _check_fits(detector, n_kept, smallest, shapes_of(detector, samples, extractor))
    if request.refinement is not None:
        _check_spare(request.refinement, pollution)
        _rehearse(request, samples, pollution, detectors)
    return pollution


def _check_options(strategy: StrategyChoice, detectors: Sequence[Detector]) -> None:
    """Refuse a strategy that does not exist, has no such option, or that a detector cannot use."""
    if strategy.name == CELLS:
        _check_cells(strategy, detectors)
    elif strategy.name != PERFECT:
        if strategy.name not in refine.registry:
            unknown_name("strategy", strategy.name, [*refine.registry, PERFECT, CELLS])
        refine.check(strategy.name, strategy.ranking_params)
        one_of("true", "false")(REPLACE, str(strategy.params.get(REPLACE, False)).lower())
    elif strategy.params:
        raise ParameterError(f"strategy {PERFECT!r} has no options, not {dict(strategy.params)}")


def _check_healing(strategy: StrategyChoice, detectors: Sequence[Detector]) -> None:
    """Refuse to heal what is replaced, or features of detectors that look at images."""
    if not strategy.heals:
        return
    one_of(*HEALED)(HEAL, strategy.heals)
    if strategy.replaces:
        raise ParameterError(
            f"strategy {strategy.label!r}: images that leave are replaced, or come back healed; "
            f"choose one of {REPLACE} and {HEAL}"
        )
    for detector in detectors if strategy.heals == "features" else ():
        if any(name in ON_DEMAND for name in detector.chosen_levels({})):
            raise ParameterError(
                f"{detector.name} looks at images, not at features that could be healed; use "
                f"{HEAL}=pixels"
            )


def _check_cells(strategy: StrategyChoice, detectors: Sequence[Detector]) -> None:
    known = {"by": BY, "ranked": RANKED}
    for option, value in strategy.params.items():
        if option not in known:
            unknown_name(f"option of strategy {CELLS!r}", option, known)
        one_of(*known[option])(option, value)
    for detector in detectors:
        if not detector.drops_cells:
            raise ParameterError(
                f"strategy {CELLS!r} takes cells out of a memory, and {detector.name} has none; "
                "study it with detectors such as patchcore alone"
            )


def _check_size(label: str, detector: Detector, n_kept: int, n_train: int, reject: float) -> None:
    """Refuse training sets too small to be fitted on with one image left out."""
    k = None if detector.drops_cells else getattr(detector, "k", None)  # else it counts cells
    needed = max(3, (k or 1) + 1)
    if n_kept < needed:
        why = f", which compares with k={k} others," if k is not None else ""
        raise ParameterError(
            f"{n_kept} of {n_train} training images are left when {percent(reject)} are removed, "
            f"and {label}{why} needs {needed}; reject less or take more images"
        )


def _check_fits(
    detector: Detector, n_kept: int, n_train: int, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Refuse the smallest training set where a fit to it is, or to what a fold leaves of it."""
    try:
        detector.check_groups(np.arange(n_kept), shapes)
    except ParameterError as error:
        kept = f"{n_kept} of {n_train} training images" if n_kept < n_train else f"{n_train} images"
        raise ParameterError(
            f"the smallest training set that is asked for has {kept}: {error}"
        ) from error


def _check_spare(grid: RefinementGrid, pollution: Pollution) -> None:
    """Refuse to replace more images than there are good ones that have left the training set."""
    for level in grid.pollution if any(one.replaces for one in grid.strategies) else ():
        train, _ = pollution.training(level, grid.seeds[0])
        n_spare = len(np.setdiff1d(pollution.normal, train))
        n_removed = int((~refine.kept(np.zeros(len(train)), max(grid.rejects))).sum())
        if n_removed > n_spare:
            raise ParameterError(
                f"replacing {n_removed} of {len(train)} images takes as many other good ones, and "
                f"at a pollution of {level:g} there are {n_spare}; reject less, or pollute more by "
                "the protocol replace"
            )


class _Rehearsal(Pool):
    """A pool that scores by chance, so that a strategy can be tried in no time."""

    def __init__(self, detector: Detector, groups: np.ndarray):
        self.detector = detector
        self.features = Features(
            {"rehearsed": np.zeros((len(groups), 1, 1, 1), np.float32)}, groups
        )

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return scores that are drawn."""
        scores = np.random.default_rng(0).random(len(query))
        return scores, scores[:, None, None].astype(np.float32)

    def order_maps(
        self,
        train: np.ndarray,
        query: np.ndarray,
        weights: Callable[[int], np.ndarray],
        *,
        leave_out: str = "none",
    ) -> np.ndarray:
        """Return score maps that are drawn, for a detector that lists the cells of every image."""
        if not lists_cells(self.detector):
            return super().order_maps(train, query, weights, leave_out=leave_out)
        return self.score(train, query)[1]


def _rehearse(
    request: StudyRequest,
    samples: pd.DataFrame,
    pollution: Pollution,
    detectors: dict[str, Detector],
) -> None:
    """Try every strategy with every detector that ranks for it, on drawn scores."""
    grid = request.refinement
    assert grid is not None
    groups = groups_of(samples)
    for level in grid.pollution:
        train, _ = pollution.training(level, grid.seeds[0])
        for strategy, label in _ranked(request):
            pool = _Rehearsal(detectors[label], groups)
            given = {
                "seed": grid.seeds[0],
                "reject": max(grid.rejects),
                **strategy.ranking_params,
            }
            try:
                refine.ranking(strategy.name, pool, train, **given)  # type: ignore[arg-type]
            except ParameterError as error:
                raise ParameterError(f"{strategy.label} by {label}: {error}") from error


def _ranked(request: StudyRequest) -> Iterator[tuple[StrategyChoice, str]]:
    """Yield each strategy with the label of each detector that ranks for it."""
    grid, own = request.refinement, [choice.label for choice in request.source.detectors]
    for strategy in grid.strategies if grid else ():
        if strategy.name not in (PERFECT, CELLS):
            found = [label for one in own for label in grid.scorers_of(strategy, one)]  # type: ignore
            for label in dict.fromkeys(found):
                yield strategy, label or own[0]


def _seeds(request: StudyRequest) -> list[int]:
    grids = [grid for grid in (request.pollution, request.refinement) if grid is not None]
    return [seed for grid in grids for seed in grid.seeds]
