"""Settings of PNI: those that are named, those that are refused, and what they take."""

from collections.abc import Collection, Mapping

import numpy as np

from anomalylab.compute.cost import COMPARISONS, Cost, seconds_of
from anomalylab.detectors._allowed import COMBINATIONS, FALLBACKS, MAPPINGS, USES
from anomalylab.detectors._patch_cells import POOLINGS
from anomalylab.detectors._pni_cells import Cells
from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.training import chosen_device

TOP_SHARE = 0.01
"""Share of the cells whose mean is the score of an image with ``image_score="top"``."""

SEARCH_BYTES = 2**28
"""What a search takes beside the memory, at most."""

_PAPER: Mapping[str, object] = {
    "levels": "all",
    "coreset": 0.01,
    "n_kinds": 2048,
    "n_seen": None,
    "n_layers": 10,
    "width": 2048,
    "margin": 2,
    "pooling": "windows",
    "side": 5,
    "tau_ref": "emb",
}

PRESETS: Mapping[str, Mapping[str, object]] = {
    "tiny": {
        "coreset": 0.5,
        "n_kinds": 8,
        "reach": 1,
        "n_seen": 8,
        "n_layers": 2,
        "width": 16,
        "epochs": 1,
        "n_batch": 256,
    },
    "cpu": {},
    "pni": {**_PAPER, "radius": 0},
    "pni_official": {
        **_PAPER,
        "radius": 4,
        "combine": "score",
        "position_over": "emb",
        "mapping": "rank",
        "is_off_by_one": True,
        "is_edge_kept": True,
        "fallback": "farthest",
    },
}

_CHOICES = {
    "use": USES,
    "combine": COMBINATIONS,
    "tau_ref": ("emb", "dist"),
    "fallback": FALLBACKS,
    "image_score": ("max", "top"),
    "pooling": POOLINGS,
    "position_over": ("dist", "emb"),
    "mapping": MAPPINGS,
}

_LEAST = {"n_kinds": 2, "n_layers": 2, "width": 1, "epochs": 1, "n_batch": 1, "reach": 1}
_LEAST |= {"radius": 0, "margin": 0, "n_channels": 1, "side": 1, "penalty": 0, "seed": 0}


def check(pni: Cells) -> None:
    """Refuse settings that make no sense."""
    for name, choices in _CHOICES.items():
        if getattr(pni, name) not in choices:
            unknown_name(f"{name} of pni", getattr(pni, name), choices)
    for name, least in _LEAST.items():
        if getattr(pni, name) < least:
            raise ParameterError(f"{name} must be at least {least}, not {getattr(pni, name)}")
    if not 0 < pni.coreset <= 1:
        raise ParameterError(f"coreset is a share in (0, 1], not {pni.coreset}")
    if not 0 <= pni.dropout < 1 or not 0 <= pni.validation < 1:
        raise ParameterError("dropout and validation are shares in [0, 1)")
    if pni.temperature <= 0 or pni.learning_rate <= 0:
        raise ParameterError("temperature and learning_rate must be above 0")
    if pni.side % 2 == 0:
        raise ParameterError(f"side must be odd, so that a cell lies in the middle: {pni.side}")
    if pni.tau is not None and not pni.tau < 1:
        raise ParameterError(
            f"tau={pni.tau} allows no cell of the memory anywhere: shares are at most 1; use a "
            "smaller tau, or leave it out"
        )
    if pni.n_seen is not None and pni.n_seen < 1:
        raise ParameterError(f"n_seen must be at least 1, not {pni.n_seen}")


def cells_inside(pni: Cells, n_rows: int, n_cols: int) -> int:
    """Return how many cells of a map lie within the margin; refused where none does."""
    inside = [side - 2 * pni.border for side in (n_rows, n_cols)]
    if min(inside) < 1:
        raise ParameterError(
            f"a margin of {pni.border} cells leaves none of {n_rows} x {n_cols}; use a smaller "
            "margin or a larger size"
        )
    return inside[0] * inside[1]


def refuse_too_few(pni: Cells, n_cells: int) -> int:
    """Return how many cells the memory holds; refused where it cannot serve the kinds.

    A share above ``tau`` is sure to be there as long as ``tau < 1 / n_kinds``, and an allowed kind
    has a cell in the memory as long as all kinds are in it.
    """
    n_bank = max(1, round(pni.coreset * n_cells))
    if n_bank < pni.n_kinds:
        raise ParameterError(
            f"pni keeps {n_bank} of {n_cells} training cells (coreset={pni.coreset}) and is to "
            f"tell {pni.n_kinds} kinds apart (n_kinds); give more images, a larger coreset or at "
            f"most {n_bank} kinds"
        )
    return n_bank


def memory_of(pni: Cells, n_images: int, shapes: Collection[tuple[int, ...]]) -> int:
    """Return how many cells of so many images the memory holds, and refuse as that does."""
    n_rows, n_cols = (max(shape[axis] for shape in shapes) for axis in (0, 1))
    return refuse_too_few(pni, n_images * cells_inside(pni, n_rows, n_cols))


def products_of_network(pni: Cells, n_channels: int) -> float:
    """Return multiplications of the network for one cell."""
    n_taps = (2 * pni.reach + 1) ** 2
    n_seen = min(pni.n_seen or n_channels, n_channels)
    hidden = (pni.n_layers - 2) * pni.width**2
    return n_taps * n_seen * pni.width + hidden + pni.width * pni.n_kinds


def cost(pni: Cells, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
    """Estimate as :meth:`PNI.plan` tells, and refuse as it does."""
    memory_of(pni, n_images, shapes.values())
    n_rows, n_cols = (max(shape[axis] for shape in shapes.values()) for axis in (0, 1))
    chosen_device(pni.device)
    n_cells = n_rows * n_cols
    n_made = sum(s[2] for s in shapes.values())
    d = pni.n_channels if pni.pooling == "windows" else n_made
    n_all = n_images * n_cells
    n_bank, is_learnt = pni.coreset * n_all, pni.use in ("both", "neighbourhood")
    of_network = products_of_network(pni, d) * is_learnt
    values = pni.n_folds * (6 * n_all * max(d, n_made) + 5 * n_all * n_bank)
    compared = n_all * (n_bank + pni.n_folds * pni.n_kinds) * d
    learnt = (3 * pni.n_folds * pni.epochs + 1) * n_all * of_network
    n_seen = min(pni.n_seen or d, d)
    levels = sum(int(np.prod(shape)) for shape in shapes.values())
    n_bytes = 4 * (n_images * levels + n_all * (d + n_seen) + n_bank * d)
    n_bytes += 4 * n_cells * (pni.n_kinds if pni.position_over == "dist" else int(n_bank))
    return Cost(
        int(n_bytes) + SEARCH_BYTES,
        seconds_of(values=values) + (compared + learnt) / COMPARISONS,
    )
