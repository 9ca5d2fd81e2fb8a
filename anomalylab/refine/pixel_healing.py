"""Healing of pixels: what an auto-encoder cannot give back is replaced by what it gives instead.

A removed image comes back with its suspicious pixels as a network makes them that was trained on
the kept images alone. There is a healed picture to look at, and any detector of images can learn
from it.
"""

import numpy as np

from anomalylab.detectors import Detector
from anomalylab.detectors.autoencoder import AutoEncoder
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.progress import counted
from anomalylab.refine._painting import Repair, read_on_demand, weights
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
    checked = check_healer(detector)
    own = read_on_demand(features.only(checked.levels), checked.levels[0])
    of_kept = own.subset(kept)
    checked.check_training(of_kept)
    fitted = checked.unfitted().fit(of_kept)
    scores, score_maps = fitted.training_scores(leave_out="folds")
    return Kept(fitted, of_kept, own.group_numbers[kept], scores, score_maps)


def repair_of(
    part: Kept,
    features: Features,
    removed: np.ndarray,
    *,
    quantile: float = 0.99,
    reach: int = 2,
    feather: float = 3.0,
    n_rounds: int = 1,
) -> Repair:
    """Find what removed images are to be painted over with; see :func:`heal_images`."""
    _check(removed, quantile, reach, feather, n_rounds)
    detector = check_healer(part.fitted)
    name, threshold = detector.levels[0], float(np.quantile(part.score_maps, quantile))
    images = features.only([name]).subset(removed).images(name)
    nothing = np.zeros((len(removed), *detector.seen_size), np.float32)
    repair = Repair(nothing, np.zeros((*nothing.shape, 3), np.float32), nothing, threshold)
    for number in range(n_rounds):
        now = Features({name: repair.applied(images)})
        weight, paint, residual = _painted(detector, now, threshold, reach, feather)
        left = 1 - weight
        repair = Repair(
            1 - left * (1 - repair.weight),
            paint + left[..., None] * repair.paint,
            residual if number == 0 else repair.residual,
            threshold,
        )
    return repair


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
    threshold and up to ``reach`` pixels around, and falls to 0 over ``feather`` more. Images keep
    their size; ``w`` and :math:`\hat x` are brought to it from that of the network.

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
        Pixels of the network around a suspicious one that are replaced, too.
    feather : float
        Pixels of the network over which the blend ends.
    n_rounds : int
        How often; from the second time on, of what the time before has left.

    Returns
    -------
    healed : Healed
        Images of all rows and, behind them, the healed ones, as the one level that the detector
        looks at. ``replaced`` are the pixels of ``w = 1`` at the size of the network.

    Raises
    ------
    ParameterError
        If a value cannot be used, or no row is removed.
    """
    given = {"quantile": quantile, "reach": reach, "feather": feather, "n_rounds": n_rounds}
    repair = repair_of(part, features, removed, **given)  # type: ignore[arg-type]
    name = check_healer(part.fitted).levels[0]
    own = features.only([name])
    healed = Features({name: repair.applied(own.subset(removed).images(name))})
    together = Features.joined([read_on_demand(own, name), healed])
    groups, n_images = own.group_numbers, len(own)
    return Healed(
        Features(together.levels, np.append(groups, groups[removed])),
        np.arange(n_images, n_images + len(removed)),
        np.asarray(removed),
        repair.replaced,
        repair.threshold,
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


def _painted(
    detector: AutoEncoder, features: Features, threshold: float, reach: int, feather: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weight, paint and residual of images, as :class:`Repair` has them."""
    from anomalylab.training.autoencoder.residuals import residuals

    parts = []
    for seen, given_back in counted(detector.reconstructed(features), loop="healing"):
        residual = residuals(seen, given_back, RESIDUAL)
        weight = np.stack([weights(one, reach, feather) for one in residual > threshold])
        weight = weight.astype(np.float32)
        parts.append((weight, weight[..., None] * given_back.clip(0, 1), residual))
    weight, paint, residual = (np.concatenate(of_all) for of_all in zip(*parts, strict=True))
    return weight, paint.astype(np.float32), residual.astype(np.float32)


def check_healer(detector: Detector) -> AutoEncoder:
    """Return a detector that can heal pixels.

    Raises
    ------
    ParameterError
        If it is no auto-encoder, or has another residual than ``l2`` or a grid.
    """
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
