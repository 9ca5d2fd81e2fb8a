"""Defects of the test set put into a good training set: which, how many, and what is judged."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab.datasets.pollute._shares import apportioned, n_of_share
from anomalylab.errors import InfeasiblePollution, ParameterError
from anomalylab.registry import unknown_name

PROTOCOLS = ("replace", "append", "append-overlap")
"""``replace``: defects take the place of good images. ``append``: they are added. Both are then
missing from the test set; with ``append-overlap`` they stay in it, which flatters."""


@dataclass(frozen=True)
class Pollution:
    """Rows of a samples table: good training images, defects for them, and what is judged.

    Parameters
    ----------
    normal : int ndarray of shape (n_normal,)
        Good training images.
    pollutants : int ndarray of shape (n_pollutants,)
        Defects that may enter the training set; the same for all run seeds.
    validation : int ndarray of shape (n_validation,)
        Images that are judged; the same for all levels and run seeds.
    protocol : str
        One of :data:`PROTOCOLS`.
    share : float
        The highest level.
    """

    normal: np.ndarray
    pollutants: np.ndarray
    validation: np.ndarray
    protocol: str = "replace"
    share: float = 0.2

    def n_polluted(self, level: float) -> int:
        """Return how many polluted images the training set of a level holds.

        Raises
        ------
        ParameterError
            If the level lies outside [0, 1), or there are not so many pollutants.
        """
        n_polluted = n_of_share(level, len(self.normal))
        if n_polluted > len(self.pollutants):
            raise ParameterError(
                f"a level of {level:g} is {n_polluted} of {len(self.normal)} images, and this "
                f"pollution holds {len(self.pollutants)}: levels go up to {self.share:g}"
            )
        return n_polluted

    def training(self, level: float, run_seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the training set of a level, and which of it is polluted.

        With more pollution, what was polluted stays so: levels of one run seed are nested. Rows
        come in an order drawn by ``run_seed``, so that their place tells nothing of what they are.

        Parameters
        ----------
        level : float in [0, share]
            Polluted images as a share of the good training images, rounded down.
        run_seed : int
            Draws which good images leave (``replace``) and which defects enter.

        Returns
        -------
        rows : int ndarray of shape (n_train,)
            ``replace`` keeps the number of images, ``append`` raises it.
        is_noise : bool ndarray of shape (n_train,)
            For what is measured afterwards; nothing that is fitted may see it.

        Raises
        ------
        ParameterError
            As :meth:`n_polluted`.
        """
        n_polluted, rng = self.n_polluted(level), np.random.default_rng(run_seed)
        normal = rng.permutation(self.normal)
        pollutants = rng.permutation(self.pollutants)
        place = rng.permutation(len(normal) + len(pollutants))
        kept = slice(n_polluted if self.protocol == "replace" else 0, None)
        rows = np.concatenate([normal[kept], pollutants[:n_polluted]])
        is_noise = np.arange(len(rows)) >= len(rows) - n_polluted
        place = np.concatenate([place[: len(normal)][kept], place[len(normal) :][:n_polluted]])
        order = np.argsort(place)
        return rows[order], is_noise[order]

    def validation_of(self, level: float, run_seed: int) -> np.ndarray:
        """Return the images that are judged: the same whatever the level and the seed."""
        return self.validation

    def contamination(self, level: float) -> float:
        """Return the polluted share of the training set itself.

        With ``append`` a level ``a`` of the good images is ``a / (1 + a)`` of the training set:
        results of the two protocols do not belong into one table.

        Examples
        --------
        >>> pollution = Pollution(np.arange(10), np.arange(10, 15), np.arange(15, 20), "append")
        >>> round(pollution.contamination(0.5), 3)
        0.333
        """
        n_polluted, n_normal = self.n_polluted(level), len(self.normal)
        return n_polluted / (n_normal if self.protocol == "replace" else n_normal + n_polluted)


def pollute(
    samples: pd.DataFrame, *, share: float = 0.2, split_seed: int = 0, protocol: str = "replace"
) -> Pollution:
    """Set defects of the test set aside for the training set.

    ``floor(share * N)`` of the defective test images are taken, with ``N`` good training images:
    dealt out over defect types by largest remainders for ``replace``, at random for the others.
    What remains of the test set is judged. Defective images of the training set are not used.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES of one category, with splits and labels.
    share : float in [0, 1)
        The highest level of pollution, as a share of the good training images.
    split_seed : int
        Draws which defects are set aside; run seeds do not change it.
    protocol : {"replace", "append", "append-overlap"}
        See :data:`PROTOCOLS`.

    Returns
    -------
    pollution : Pollution
        Its rows are those of ``samples``.

    Raises
    ------
    InfeasiblePollution
        If there are too few defects; one at least must be left to be judged.
    ParameterError
        If ``share`` lies outside [0, 1), an image of the test or training set has no label, there
        are several categories, or no good training images.
    UnknownNameError
        If there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        unknown_name("protocol", protocol, PROTOCOLS)
    normal, defects, test = good_and_defective(samples)
    n_taken = n_of_share(share, len(normal))
    is_shared = protocol == "append-overlap"
    _check_enough(n_taken, len(normal), len(defects), share, 0 if is_shared else 1)
    rng = np.random.default_rng(split_seed)
    if protocol == "replace":
        taken = _stratified(samples, defects, n_taken, rng)
    else:
        taken = np.sort(rng.permutation(defects)[:n_taken])
    validation = test if is_shared else test[~np.isin(test, taken)]
    if not is_shared:
        _warn_of_groups(samples, taken, validation)
    return Pollution(normal, taken, validation, protocol, share)


def good_and_defective(samples: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of good training images, of defects of the test set, and of all of it.

    Raises
    ------
    ParameterError
        If there are several categories, images without a label, or no good training images.
    """
    categories = sorted(map(str, set(samples["category"])))
    if len(categories) > 1:
        names = ", ".join(categories[:5])
        raise ParameterError(f"pollution is of one category at a time; the samples have {names}")
    split, label = samples["split"].to_numpy(), samples["label"].astype("Float64")
    n_unknown = int((label.isna() & np.isin(split, ("train", "test"))).sum())
    if n_unknown:
        raise ParameterError(
            f"{n_unknown} images have no label; who pollutes must know which images are good"
        )
    labels = label.to_numpy(dtype=float, na_value=np.nan)
    normal = np.flatnonzero((split == "train") & (labels == 0))
    test = np.flatnonzero(split == "test")
    if not len(normal):
        raise ParameterError(
            "pollution needs good images of a training split and defective ones of a test split; "
            f"of {len(samples)} images none is a good training image"
        )
    return normal, test[labels[test] == 1], test


def _check_enough(n_taken: int, n_normal: int, n_defects: int, share: float, n_left: int) -> None:
    if n_taken == 0 or n_taken + n_left <= n_defects:
        return
    most = max(n_defects - n_left, 0)
    needed = f"{n_taken} and {n_left} more to be judged" if n_left else str(n_taken)
    raise InfeasiblePollution(
        f"{share:g} of {n_normal} good training images are {n_taken}: that needs {needed} "
        f"defective test images, and there are {n_defects} ({n_defects - n_taken:+d}); a share up "
        f"to {most / n_normal:.3g} can be had, or more with synthetic defects"
    )


def _stratified(
    samples: pd.DataFrame, defects: np.ndarray, n_taken: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw defects so that each type is there in proportion."""
    types = samples["defect_type"].iloc[defects].fillna("").astype(str).to_numpy()
    names, counts = np.unique(types, return_counts=True)
    quotas = apportioned(n_taken, dict(zip(names.tolist(), counts.tolist(), strict=True)))
    parts = [rng.permutation(defects[types == name])[:n] for name, n in quotas.items()]
    return np.sort(np.concatenate([np.empty(0, int), *parts]))


def _warn_of_groups(samples: pd.DataFrame, taken: np.ndarray, validation: np.ndarray) -> None:
    """Warn where one part lies on both sides: what is judged then resembles the pollution."""
    if "group" not in samples:
        return
    groups = samples["group"]
    common = set(groups.iloc[taken].dropna()) & set(groups.iloc[validation].dropna())
    if common:
        warnings.warn(
            f"{len(common)} groups of images, as {sorted(map(str, common))[0]!r}, have images "
            "both among the pollution and among what is judged, which are alike",
            stacklevel=3,
        )
