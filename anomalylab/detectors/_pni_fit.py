"""What PNI learns: a memory, kinds of cells, where they stand and beside what."""

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from anomalylab.compute.masked_nearest import MaskedNearest
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.compute.position_table import position_shares
from anomalylab.detectors._pni_cells import Cells
from anomalylab.detectors._pni_options import cells_inside, refuse_too_few
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.training import TrainingPlan

if TYPE_CHECKING:
    from anomalylab.training.neighbourhood import NeighbourhoodNet


class Learnt(NamedTuple):
    """Attributes of a fitted detector; see :class:`PNI`."""

    bank_: np.ndarray
    bank_image_: np.ndarray
    bank_cell_: np.ndarray
    kind_: np.ndarray
    position_: np.ndarray
    weights_: dict[str, np.ndarray]
    history_: list[list[Any]]


def learnt(pni: Cells, features: Features) -> tuple[Learnt, "NeighbourhoodNet | None"]:
    """Learn from images, in the order of their content, so that their listing changes nothing."""
    cells = pni.embed(features)
    order = np.argsort([_digest(image) for image in cells], kind="stable")
    cells = cells[order]
    cells_inside(pni, *cells.shape[1:3])
    inside = pni.inner(cells)
    flat = inside.reshape(-1, inside.shape[3])
    chosen = _chosen(pni, flat)
    bank = flat[chosen]
    kinds = nearest_neighbours(bank[: pni.n_kinds])
    kind_of_bank = kinds.search(bank, 1)[1][:, 0]
    kind_of_cell = kinds.search(flat, 1)[1][:, 0].reshape(inside.shape[:3])
    image, cell = np.divmod(chosen, inside[0, ..., 0].size)
    weights, history, network = _trained(pni, cells, kind_of_cell, features.group_numbers[order])
    fitted = Learnt(
        bank_=bank,
        bank_image_=order[image],
        bank_cell_=_in_whole_map(cell, inside.shape[2], cells.shape[2], pni.border),
        kind_=kind_of_bank,
        position_=_position(pni, flat, bank, kind_of_cell),
        weights_=weights,
        history_=history,
    )
    return fitted, network


def _chosen(pni: Cells, flat: np.ndarray) -> np.ndarray:
    """Return the rows of the memory in the order chosen: the first are the kinds."""
    from anomalylab.compute.coreset import SELECTION_CHANNELS, k_center, random_projection

    n_bank = refuse_too_few(pni, len(flat))
    first = int(np.random.default_rng(pni.seed).integers(len(flat)))
    projected = random_projection(flat, SELECTION_CHANNELS, seed=pni.seed)
    return k_center(projected, n_bank, first=first)


def _position(
    pni: Cells, flat: np.ndarray, bank: np.ndarray, kind_of_cell: np.ndarray
) -> np.ndarray:
    if pni.position_over == "dist":
        return position_shares(kind_of_cell, pni.n_kinds, radius=pni.radius)
    nearest = nearest_neighbours(bank).search(flat, 1)[1].reshape(kind_of_cell.shape)
    return position_shares(nearest, len(bank), radius=pni.radius)


def _trained(
    pni: Cells, cells: np.ndarray, kinds: np.ndarray, groups: np.ndarray
) -> tuple[dict[str, np.ndarray], list[list[Any]], "NeighbourhoodNet | None"]:
    if pni.use in ("position", "none"):
        return {}, [], None
    from anomalylab.training.neighbourhood import train_neighbourhood

    whole = np.zeros(cells.shape[:3], np.int64)
    pni.inner(whole)[...] = kinds
    network, history = train_neighbourhood(
        pni.seen_by_network(cells),
        whole,
        groups,
        n_kinds=pni.n_kinds,
        shape=pni.shape(),
        plan=_training_plan(pni, cells[0, ..., 0].size),
        margin=pni.border,
        key={"detector": "pni"},
    )
    weights = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    return weights, history.to_numpy(object).tolist(), network


def _training_plan(pni: Cells, n_cells: int) -> TrainingPlan:
    return TrainingPlan(
        epochs=pni.epochs,
        batch_size=max(2, round(pni.n_batch / n_cells)),
        learning_rate=pni.learning_rate,
        validation=pni.validation,
        seed=pni.seed,
        device=pni.device,
    )


def refuse_nothing_allowed(pni: Cells, cells: np.ndarray) -> None:
    """Refuse a threshold above every share: then nothing is allowed anywhere.

    Parameters
    ----------
    pni : Cells
        Fitted.
    cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
        Of some training images.

    Raises
    ------
    ParameterError
        If so.
    """
    position, beside = pni.shares(cells)
    if not any(one.any() for one in pni.rules().allowed(position, beside)):
        largest = float(max(position.max(), beside.max()))
        raise ParameterError(
            f"tau={pni.tau} allows no cell of the memory anywhere in the training images: the "
            f"largest share is {largest:.3g}; use a smaller tau, or leave it out"
        )


def matched_rows(pni: Cells, cells: np.ndarray, own: np.ndarray | None) -> np.ndarray:
    """Return the row of the memory nearest to each cell without the margin, of those allowed.

    Parameters
    ----------
    pni : Cells
    cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    own : int ndarray of shape (n_images,), optional
        Group of training images that each must not see.
    """
    inside = pni.inner(cells)
    queries = inside.reshape(-1, inside.shape[3])
    allowed = np.logical_or.reduce(pni.rules().allowed(*pni.shares(cells)))
    if own is None:
        (found,) = pni.prepared().search(queries, [allowed])
        return found.rows.reshape(inside.shape[:3])
    group = pni._own_training().group_numbers[pni.bank_image_]
    others = np.repeat(own, inside[0, ..., 0].size)[:, None] != group
    if not others.any(axis=1).all():
        raise ParameterError(
            "the cells that pni keeps are of a single training image or group, which cannot be "
            "compared with others; give at least 2, or a larger coreset"
        )
    of_rows = others & (allowed[:, pni.kind_] if pni.position_over == "dist" else allowed)
    of_rows = np.where(of_rows.any(axis=1)[:, None], of_rows, others)
    (found,) = MaskedNearest(pni.bank_).search(queries, [of_rows])
    return found.rows.reshape(inside.shape[:3])


def _in_whole_map(cell: np.ndarray, n_inner: int, n_cols: int, margin: int) -> np.ndarray:
    """Return numbers of cells, counted without the margin, as counted in the whole map."""
    row, col = np.divmod(cell, n_inner)
    return np.asarray((row + margin) * n_cols + col + margin)


def _digest(image: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).hexdigest()
