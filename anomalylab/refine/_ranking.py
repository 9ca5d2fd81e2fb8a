"""From suspicion to a choice of rows: scoring once, removing any share."""

import inspect
from collections.abc import Mapping

import numpy as np

from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError
from anomalylab.refine._estimate import reject_estimate
from anomalylab.refine._registry import GIVEN, registry
from anomalylab.registry import unknown_name


def ranking(
    name: str,
    pool: Pool,
    train: np.ndarray,
    *,
    seed: int = 0,
    reject: float | None = None,
    **params: object,
) -> np.ndarray:
    """Score each training row by how suspicious a strategy finds it.

    Parameters
    ----------
    name : str
        Of a strategy, see ``list(refine.registry)``.
    pool : Pool
        Of the detector that ranks; another one may be fitted to what is kept.
    train : int ndarray of shape (n_train,)
        Rows of the pool, each once.
    seed : int
        Of what the strategy draws.
    reject : float in [0, 1), optional
        Needed where the ranking :func:`depends_on_reject`, unused elsewhere.
    **params
        Options of the strategy.

    Returns
    -------
    suspicion : float64 ndarray of shape (n_train,)
        Higher is more suspicious; comparable within this ranking only.

    Raises
    ------
    UnknownNameError
        If there is no such strategy or option.
    ParameterError
        If there are too few images for the strategy or the detector, an option is out of range, or
        ``reject`` is needed and not given.
    """
    check(name, params)
    train = np.asarray(train)
    if not len(train):
        raise ParameterError("there is no training image to rank")
    if depends_on_reject(name):
        if reject is None:
            raise ParameterError(f"{name} ranks anew for each share to reject: give reject")
        n_of_share(reject, len(train))  # refused here if it is no share
        params["reject"] = reject
    scores = registry.create(name, pool=pool, train=train, seed=seed, **params)
    return _checked(np.asarray(scores, float), len(train), name)


def check(name: str, params: Mapping[str, object]) -> None:
    """Refuse options that a strategy does not know, or values that there cannot be.

    Whether there are images enough is seen when it ranks, before anything is fitted.

    Raises
    ------
    UnknownNameError
        If there is no such strategy, option or word.
    ParameterError
        If a number is out of range.
    """
    known = [n for n in inspect.signature(registry.get(name)).parameters if n not in GIVEN]
    for option in params:
        if option not in known:
            unknown_name(f"option of strategy {name!r}", option, known)
    for option, check_value in registry.checks(name).items():
        if option in params:
            check_value(option, params[option])


def depends_on_reject(name: str) -> bool:
    """Tell whether a strategy ranks anew for each share to reject.

    Raises
    ------
    UnknownNameError
        If there is no such strategy.
    """
    return "reject" in inspect.signature(registry.get(name)).parameters


def kept(suspicion: np.ndarray, reject: float) -> np.ndarray:
    """Return which rows stay: all but the ``floor(reject * n)`` most suspicious ones.

    Of equal scores the earlier row leaves first.

    Parameters
    ----------
    suspicion : ndarray of shape (n_train,)
    reject : float in [0, 1)

    Returns
    -------
    keep : bool ndarray of shape (n_train,)

    Raises
    ------
    ParameterError
        If ``reject`` lies outside [0, 1), or scores are not finite.

    Examples
    --------
    >>> kept(np.array([0.1, 0.9, 0.5, 0.9]), 0.25)
    array([ True, False,  True,  True])
    """
    suspicion = _checked(np.asarray(suspicion, float), len(suspicion), "the ranking")
    keep = np.ones(len(suspicion), bool)
    keep[np.argsort(-suspicion, kind="stable")[: n_of_share(reject, len(suspicion))]] = False
    return keep


def keep(
    name: str,
    pool: Pool,
    train: np.ndarray,
    *,
    reject: float | None = None,
    seed: int = 0,
    **params: object,
) -> np.ndarray:
    """Return which training rows a strategy keeps.

    Parameters
    ----------
    name, pool, train, seed, **params
        As of :func:`ranking`.
    reject : float in [0, 1), optional
        Share to remove; if not given, what :func:`reject_estimate` reads off the scores, which is a
        lower bound at best.

    Returns
    -------
    keep : bool ndarray of shape (n_train,)

    Raises
    ------
    UnknownNameError, ParameterError
        As :func:`ranking`.
    """
    suspicion = ranking(name, pool, train, seed=seed, reject=reject, **params)
    return kept(suspicion, reject_estimate(suspicion).share if reject is None else reject)


def _checked(scores: np.ndarray, n_rows: int, name: str) -> np.ndarray:
    if scores.shape != (n_rows,) or not np.isfinite(scores).all():
        raise ParameterError(
            f"{name} must give one finite score for each of {n_rows} rows; shape {scores.shape}, "
            f"{int((~np.isfinite(scores)).sum())} not finite"
        )
    return scores
