"""Grad-CAM: which cells of an image raise what a network says of it.

A network is taken as two parts. Its body turns an image into a feature map of cells; a head turns
the map into what is asked about: class scores, or an embedding. Heat is computed at the border of
the two, so that only the head is run backwards. The map may be that of convolutions or the tokens
of a transformer laid out as cells, both are ``(n_images, n_rows, n_cols, n_channels)``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from anomalylab.errors import ParameterError
from anomalylab.localise import anomaly_map
from anomalylab.registry import unknown_name

BATCH = 32
"""Images at a time in the body; the head, which is small, takes all at once."""

Head = Callable[[Tensor], Tensor]
"""From maps (n_images, n_rows, n_cols, n_channels) to outputs (n_images, ...)."""

Target = Callable[[Tensor], Tensor]
"""From outputs of a head to the number (n_images,) whose rise is explained."""

DISTANCES = ("cosine", "euclidean")


def grad_cam(
    lower_features: np.ndarray,
    upper: nn.Module,
    head: Head,
    target: Target,
    *,
    reference: np.ndarray | None = None,
) -> np.ndarray:
    """Compute the heat of each cell of the last feature map by Grad-CAM [1]_.

    With ``F`` the map that ``upper`` returns and ``y`` the number that ``target`` takes from
    ``head(F)``, a channel weighs what it raises ``y`` by, averaged over cells,
    ``a_c = mean_ij dy / dF_ijc``, and the heat is ``max(0, sum_c a_c F_ijc)``. Where the head
    averages over cells and is linear after that, this is what each cell adds to ``y``.

    That takes values of the map for amounts of something, as after a ReLU. Many networks end in a
    linear layer, whose values have no zero of their own: then the sum may be negative everywhere,
    or positive everywhere in an image that has nothing. With ``reference``, the mean map ``R`` of
    what an image is compared with, the heat is ``max(0, sum_c a_c (F_ijc - R_c))``: where it
    differs from that in a way that raises ``y``. For a head as above its sum before the cut is the
    difference of the two in ``y``.

    Heat is what the last layer weighs at a place, no proof that the image shows anything there.

    Parameters
    ----------
    lower_features : float32 ndarray of shape (n_images, ...)
        What ``upper`` takes.
    upper : nn.Module
        Returns maps of shape (n_images, n_rows, n_cols, n_channels). Modules are run in
        evaluation mode, whatever mode they are in, so that no image changes the heat of another.
    head : callable or nn.Module
        Takes these maps; row *i* of what it returns depends on map *i* alone.
    target : callable
        Takes rows of outputs to numbers of shape (n_images,), e.g. :func:`class_logit`,
        :func:`distance_to_nearest` or :func:`distance_to`.
    reference : float32 ndarray of shape (n_images, n_channels) or (n_channels,), optional
        Mean over cells of the map that each image is compared with; see :func:`channel_means`.

    Returns
    -------
    heat : float32 ndarray of shape (n_images, n_rows, n_cols)
        At least 0, in units of ``target``; 0 everywhere where ``target`` does not depend on the
        map.

    Raises
    ------
    ParameterError
        If there are no images, a result has another shape, or the heat is not finite.

    References
    ----------
    .. [1] Selvaraju et al. (2017). Grad-CAM: Visual Explanations from Deep Networks via
       Gradient-based Localization. ICCV. https://arxiv.org/abs/1610.02391
    """
    if not len(lower_features):
        raise ParameterError("Grad-CAM needs at least one image")
    with _evaluating(upper, head):
        maps = _maps(lower_features, upper, _device(upper, head))
        heat = _heat(maps, head, target, reference)
    if not np.isfinite(heat).all():
        raise ParameterError("the heat is not finite; check that the network's outputs are")
    return heat


def channel_means(lower_features: np.ndarray, upper: nn.Module) -> np.ndarray:
    """Compute the mean over cells of the last feature map of each image.

    Parameters
    ----------
    lower_features, upper
        As for :func:`grad_cam`.

    Returns
    -------
    means : float32 ndarray of shape (n_images, n_channels)
    """
    with _evaluating(upper):
        maps = _maps(lower_features, upper, _device(upper))
    return maps.mean(dim=(1, 2)).float().cpu().numpy()


def class_logit(number: int) -> Target:
    """Return the target that is one class' score: what is there of the class?

    Parameters
    ----------
    number : int
        Column of the outputs (n_images, n_classes).
    """
    return lambda outputs: outputs[:, number]


def distance_to_nearest(normal: np.ndarray, distance: str = "cosine") -> Target:
    """Return the target that is the distance to the nearest of the normal images.

    ``min_j d(z, z_j)`` for an embedding ``z``, with ``d`` one minus the cosine of the angle, or the
    length of the difference. Heat is where the image has what takes it away from the one normal
    image that is most like it.

    Parameters
    ----------
    normal : float32 ndarray of shape (n_normal, n_dims)
        Embeddings of normal images.
    distance : {"cosine", "euclidean"}

    Raises
    ------
    ParameterError
        If there is no normal image.
    UnknownNameError
        If the distance is another.
    """
    if normal.ndim != 2 or not len(normal):
        raise ParameterError(
            "normal images must be an array (n_normal, n_dims) of at least one row, not "
            f"{normal.shape}"
        )
    known = _known(normal, distance)
    return lambda outputs: _distances(
        outputs, _nearest_rows(outputs, known.to(outputs.device), distance), distance
    )


def distance_to(others: np.ndarray, distance: str = "cosine") -> Target:
    """Return the target that is the distance of each image to an image of its own.

    Parameters
    ----------
    others : float32 ndarray of shape (n_images, n_dims)
        Embedding that image *i* is compared with, e.g. of its nearest normal image.
    distance : {"cosine", "euclidean"}

    Raises
    ------
    UnknownNameError
        If the distance is another.
    """
    known = _known(others, distance)
    return lambda outputs: _distances(outputs, known.to(outputs.device), distance)


def heat_in_mask(heat: np.ndarray, mask: np.ndarray) -> float:
    """Compute which share of the heat of an image lies inside a mask.

    The heat is first enlarged bilinearly to the mask's pixels, cell centres aligned, as it is
    drawn. Compare it with the share of the image that the mask takes, ``mask.mean()``: heat that
    is spread evenly gives just that.

    Parameters
    ----------
    heat : ndarray of shape (n_rows, n_cols)
        At least 0.
    mask : bool ndarray of shape (height, width)

    Returns
    -------
    share : float in [0, 1]
        NaN if there is no heat.

    Raises
    ------
    ParameterError
        If the heat is negative somewhere, or an array has not two dimensions.

    Examples
    --------
    >>> heat_in_mask(np.array([[0.0, 1.0]]), np.array([[False, True], [False, True]]))
    1.0
    """
    if mask.ndim != 2 or heat.ndim != 2 or (heat < 0).any():
        raise ParameterError(
            "heat and mask must have two dimensions, and the heat must not be negative; their "
            f"shapes are {heat.shape} and {mask.shape}"
        )
    size = (mask.shape[0], mask.shape[1])
    drawn = anomaly_map(heat, size, smoothing=0, network_size=size).astype(np.float64)
    total = float(drawn.sum())
    return float(drawn[mask.astype(bool)].sum()) / total if total > 0 else float("nan")


def _maps(lower_features: np.ndarray, upper: nn.Module, device: torch.device) -> Tensor:
    """Return the maps of all images, computed in batches and without a way back."""
    given = torch.from_numpy(np.require(lower_features, requirements=["C", "W"])).to(device)
    with torch.no_grad():
        maps = torch.cat([upper(batch) for batch in given.split(BATCH)])
    if maps.ndim != 4 or len(maps) != len(given):
        raise ParameterError(
            f"the upper part must return (n_images, n_rows, n_cols, n_channels), not "
            f"{tuple(maps.shape)} for {len(given)} images"
        )
    return maps


def _heat(maps: Tensor, head: Head, target: Target, reference: np.ndarray | None) -> np.ndarray:
    if reference is not None and reference.shape not in {
        (len(maps), maps.shape[3]),
        maps.shape[3:],
    }:
        raise ParameterError(
            f"a reference has one number for each of {maps.shape[3]} channels, or those for each "
            f"of {len(maps)} images, not the shape {reference.shape}"
        )
    maps = maps.detach().requires_grad_()
    with torch.enable_grad():
        numbers = target(head(maps))
    if numbers.shape != (len(maps),):
        raise ParameterError(
            f"a target must give one number for each of {len(maps)} images, not an array of "
            f"shape {tuple(numbers.shape)}"
        )
    weights = _gradient(numbers, maps).mean(dim=(1, 2))
    heat = torch.einsum("nrcd,nd->nrc", maps.detach(), weights)
    if reference is not None:
        usual = torch.from_numpy(np.require(reference, np.float32, ["C", "W"]))
        compared = usual.to(weights.device)
        heat = heat - (compared * weights).sum(dim=1)[:, None, None]
    return heat.clamp(min=0).float().cpu().numpy()


def _gradient(numbers: Tensor, maps: Tensor) -> Tensor:
    if not numbers.requires_grad:
        return torch.zeros_like(maps)
    with torch.enable_grad():
        total = numbers.sum()
    (gradient,) = torch.autograd.grad(total, maps, allow_unused=True)
    return torch.zeros_like(maps) if gradient is None else gradient


def _known(embeddings: np.ndarray, distance: str) -> Tensor:
    if distance not in DISTANCES:
        unknown_name("distance", distance, DISTANCES)
    return torch.from_numpy(np.require(embeddings, np.float32, ["C", "W"]))


@torch.no_grad()
def _nearest_rows(outputs: Tensor, others: Tensor, distance: str) -> Tensor:
    if distance == "euclidean":
        return others[torch.cdist(outputs, others).argmin(dim=1)]
    return others[(functional.normalize(outputs) @ functional.normalize(others).T).argmax(dim=1)]


def _distances(outputs: Tensor, others: Tensor, distance: str) -> Tensor:
    """Return the distance of each row to that of the same number; its gradient at 0 is 0."""
    if distance == "euclidean":
        return torch.linalg.vector_norm(outputs - others, dim=1)
    return 1 - (functional.normalize(outputs) * functional.normalize(others)).sum(dim=1)


def _device(*parts: object) -> torch.device:
    modules = (part for part in parts if isinstance(part, nn.Module))
    tensors = (tensor for module in modules for tensor in module.parameters())
    first = next(tensors, None)
    return torch.device("cpu") if first is None else first.device


@contextmanager
def _evaluating(*parts: object) -> Iterator[None]:
    """Put modules in evaluation mode, and each submodule back into the mode it was in."""
    modules = [m for part in parts if isinstance(part, nn.Module) for m in part.modules()]
    modes = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
