"""Healing of pixels: what an auto-encoder cannot give back is replaced by what it gives instead.

A removed image comes back with its suspicious pixels as a network makes them that was trained on
the kept images alone. There is a healed picture to look at, and any detector of images can learn
from it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from anomalylab.detectors import Detector
from anomalylab.detectors.autoencoder import AutoEncoder
from anomalylab.errors import ParameterError
from anomalylab.features import Features, ImageLevel
from anomalylab.progress import counted
from anomalylab.refine.healing import Healed, Kept

RESIDUAL = "l2"
"""Of the detector: in it, a residual is the change of a pixel that is replaced."""


def kept_images(detector: Detector, features: Features, kept: np.ndarray) -> Kept:
    """Train an auto-encoder on the images that are kept, and score these left out in folds.

    Parameters
    ----------
    detector : AutoEncoder
        Unfitted, with the residual ``l2`` and a map of one value a pixel.
    features : Features
        With the level of images that the detector looks at.
    kept : int ndarray of shape (n_kept,)
        Rows that are learnt from.

    Returns
    -------
    kept : Kept
        What :func:`heal_images` goes by, and :func:`anomalylab.refine.healing.accepted` and
        :func:`anomalylab.refine.healing.defect_energy`.

    Raises
    ------
    ParameterError
        If the detector is another, or has another residual or a grid.
    """
    checked = _checked(detector)
    own = _on_demand(features.only(checked.levels), checked.levels[0])
    of_kept = own.subset(kept)
    fitted = checked.unfitted().fit(of_kept)
    scores, score_maps = fitted.training_scores(leave_out="folds")
    return Kept(fitted, of_kept, own.group_numbers[kept], scores, score_maps)


def heal_images(
    part: Kept,
    features: Features,
    removed: np.ndarray,
    *,
    quantile: float = 0.99,
    reach: int = 2,
    feather: float = 3.0,
    n_rounds: int = 1,
) -> Healed:
    r"""Blend removed images with what the network makes of them, where that is far from them.

    :math:`\tilde x = w \hat x + (1 - w) x`: ``w`` is 1 on pixels whose residual exceeds the
    threshold and up to ``reach`` pixels around, and falls to 0 over ``feather`` more.

    Parameters
    ----------
    part : Kept
        From :func:`kept_images`.
    features : Features
        Of all images.
    removed : int ndarray of shape (n_removed,)
        Rows that are not kept.
    quantile : float in (0, 1)
        Of the left-out residuals of all kept pixels, which a suspicious one exceeds.
    reach : int
        Pixels around a suspicious one that are replaced, too.
    feather : float
        Pixels over which the blend ends.
    n_rounds : int
        How often; from the second time on, of what the time before has left.

    Returns
    -------
    healed : Healed
        Images of all rows and, behind them, the healed ones at the size of the network, as the one
        level that the detector looks at. ``replaced`` are the pixels of ``w = 1``.

    Raises
    ------
    ParameterError
        If a value cannot be used, or no row is removed.
    """
    _check(removed, quantile, reach, feather, n_rounds)
    detector = _checked(part.fitted)
    name, threshold = detector.levels[0], float(np.quantile(part.score_maps, quantile))
    own = features.only([name])
    replaced = np.zeros((len(removed), *detector.seen_size), bool)
    healed = own.subset(removed)
    for _ in range(n_rounds):
        images = []
        for seen, given_back in counted(detector.reconstructed(healed), loop="healing"):
            images.append(_blended(seen, given_back, threshold, reach, feather))
        now = np.concatenate([some for _, some in images])
        replaced |= now
        pixels = np.concatenate([some for some, _ in images]).astype(np.float32) / 255
        healed = Features({name: pixels})
    groups, n_images = own.group_numbers, len(own)
    together = Features.joined([_on_demand(own, name), _on_demand(healed, name)])
    return Healed(
        Features(together.levels, np.append(groups, groups[removed])),
        np.arange(n_images, n_images + len(removed)),
        np.asarray(removed),
        replaced,
        threshold,
    )


def change_of_kept_images(
    part: Kept, *, quantile: float = 0.99, reach: int = 2, feather: float = 3.0
) -> np.ndarray:
    """Heal the kept images themselves, each left out, and measure how much that changes them.

    A control: healing an image that is as usual must leave it nearly as it is.

    Returns
    -------
    change : ndarray of shape (n_kept,)
        Root mean square change over the pixels of an image, in units of that of replacing all of
        it. Below 1 means that healing does less than the network's own noise would; NaN where the
        network leaves nothing.
    """
    _check(np.zeros(1), quantile, reach, feather, 1)
    threshold = float(np.quantile(part.score_maps, quantile))
    change = np.full(len(part.score_maps), np.nan)
    for row, residual in enumerate(part.score_maps.astype(np.float64)):
        noise = np.square(residual).mean()
        if noise > 0:
            weight = weights(residual > threshold, reach, feather)
            change[row] = np.sqrt(np.square(weight * residual).mean() / noise)
    return change


def weights(suspicious: np.ndarray, reach: int, feather: float) -> np.ndarray:
    """Return how far each pixel is replaced: 1 near suspicious ones, falling to 0 evenly.

    Parameters
    ----------
    suspicious : bool ndarray of shape (height, width)
    reach : int
    feather : float

    Returns
    -------
    weights : float64 ndarray of shape (height, width)

    Examples
    --------
    >>> weights(np.array([[True, False, False, False, False]]), 1, 1.0)
    array([[1. , 1. , 0.5, 0. , 0. ]])
    """
    if not suspicious.any():
        return np.zeros(suspicious.shape)
    away = ndimage.distance_transform_edt(~suspicious) - reach
    return np.asarray(1 - np.clip(away, 0, feather + 1) / (feather + 1))


def _blended(
    images: np.ndarray, given_back: np.ndarray, threshold: float, reach: int, feather: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return healed images, uint8, and which of their pixels are wholly replaced."""
    from anomalylab.training.autoencoder.residuals import residuals

    suspicious = residuals(images, given_back, RESIDUAL) > threshold
    weight = np.stack([weights(one, reach, feather) for one in suspicious])[..., None]
    mixed = weight * given_back.clip(0, 1) * 255 + (1 - weight) * images
    return np.rint(mixed).astype(np.uint8), weight[..., 0] == 1


@dataclass(frozen=True, eq=False)
class _InMemory:
    """Images in memory, read as those on disk are."""

    images: np.ndarray

    def __call__(self, row: int) -> np.ndarray:
        image: np.ndarray = self.images[row]
        return image


def _on_demand(features: Features, name: str) -> Features:
    """Return images that may differ in size from others beside them."""
    level = features.images(name)
    if isinstance(level, ImageLevel):
        return features
    on_demand = ImageLevel(_InMemory(level), np.arange(len(level)))
    return Features({name: on_demand}, features.groups)


def _checked(detector: Detector) -> AutoEncoder:
    if not isinstance(detector, AutoEncoder):
        raise ParameterError(
            f"pixels are healed by the detector autoencoder, not by {detector.name}; for others, "
            "heal features"
        )
    if detector.residual != RESIDUAL or detector.grid is not None:
        raise ParameterError(
            f"pixels are healed by the residual {RESIDUAL} of each pixel, not by "
            f"{detector.residual} on the grid {detector.grid}"
        )
    return detector


def _check(removed: np.ndarray, quantile: float, reach: int, feather: float, n_rounds: int) -> None:
    if not len(removed):
        raise ParameterError("no image was removed, so there is none to heal")
    if not 0 < quantile < 1:
        raise ParameterError(f"quantile must lie in (0, 1), not {quantile}")
    for name, value, least in (
        ("reach", reach, 0),
        ("feather", feather, 0),
        ("n_rounds", n_rounds, 1),
    ):
        if value < least:
            raise ParameterError(f"{name} must be at least {least}, not {value}")
