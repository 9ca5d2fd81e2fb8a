"""Cells of some test images, with the cells of the memory that decide their scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.runs.outcome import Material

N_CELLS = 5_000
"""Cells that are explained of a category, about."""

MOST_IMAGES, FEWEST_IMAGES = 12, 2

N_NEAREST = 4
"""Allowed cells of the memory that are listed for each."""

ROLES = (
    *[("allowed", rank) for rank in range(1, N_NEAREST + 1)],
    ("refused", 1),
    ("position", 1),
    ("neighbourhood", 1),
    ("none", 1),
)
"""Role and rank of each listed cell of the memory, in order."""

SCORES = ("score", "by_position_alone", "by_neighbours_alone", "by_neither")
COUNTS = ("n_allowed", "n_by_position", "n_by_neighbours")


def explained(
    fitted: Any, material: Material, scores: np.ndarray, n_cells: int
) -> dict[str, np.ndarray]:
    """Return what decides the cells of some test images, as arrays that can be kept.

    Parameters
    ----------
    fitted : PNI
        Restricted by both position and neighbours.
    material : Material
    scores : ndarray of shape (n_query,)
        Of the test images.
    n_cells : int
        Of a map.
    """
    query = material.features.subset(material.query)
    n = int(np.clip(N_CELLS // n_cells, FEWEST_IMAGES, MOST_IMAGES))
    places = chosen(material.queries["defect_type"].tolist(), scores, n)
    found = fitted.listed(query.subset(places), N_NEAREST)
    safe = np.maximum(found.rows, 0)
    own = {name: value for name, value in found._asdict().items() if name != "rows"}
    return {
        "cells_tau": np.array(fitted.rules().tau),
        **{f"cells_{name}": value for name, value in own.items()},
        "cells_image": np.asarray(places)[found.image],
        "cells_memory_image": np.where(found.rows >= 0, fitted.bank_image_[safe], -1),
        "cells_memory_cell": fitted.bank_cell_[safe],
    }


def chosen(types: Sequence[Any], scores: np.ndarray, n: int) -> list[int]:
    """Choose images of each type in turn, of each type the most anomalous first.

    Parameters
    ----------
    types : sequence of str or None
        Type of defect of each image, ``good`` among them; None where it is not known.
    scores : ndarray of shape (n_images,)
    n : int
        Images to choose.

    Examples
    --------
    >>> chosen(["good", "hole", "good", "hole"], np.array([1, 5, 2, 9]), 3)
    [3, 2, 1]
    """
    names = ["" if pd.isna(one) else str(one) for one in types]
    turn: dict[str, int] = {}
    order: list[tuple[int, int, int]] = []
    for place in np.argsort(-np.asarray(scores), kind="stable").tolist():
        turn[names[place]] = turn.get(names[place], 0) + 1
        order.append((turn[names[place]], len(order), place))
    return [place for _, _, place in sorted(order)[:n]]


def cell_tables(
    material: Material, arrays: Mapping[str, np.ndarray], grid: tuple[int, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows of PNI_CELLS and of PNI_LISTED without category and seed.

    Parameters
    ----------
    material : Material
    arrays : mapping
        Of :func:`explained`.
    grid : (int, int)
        Rows and columns of a map.
    """
    queries = material.queries["sample_id"].to_numpy(object)
    where = pd.DataFrame(
        {
            "sample_id": queries[arrays["cells_image"]],
            "row": arrays["cells_row"],
            "col": arrays["cells_col"],
        }
    )
    cells = where.assign(is_fallback=arrays["cells_is_fallback"], tau=float(arrays["cells_tau"]))
    cells[list(SCORES)] = arrays["cells_scores"]
    cells[list(COUNTS)] = arrays["cells_counts"]
    training = material.samples["sample_id"].to_numpy(object)[material.training]
    parts = []
    for number, (role, rank) in enumerate(ROLES):
        image, cell = (arrays[f"cells_memory_{name}"][:, number] for name in ("image", "cell"))
        one = where.assign(
            role=role,
            rank=rank,
            memory_id=training[np.maximum(image, 0)],
            memory_row=cell // grid[1],
            memory_col=cell % grid[1],
            distance=arrays["cells_distances"][:, number],
            of_position=arrays["cells_of_position"][:, number].astype(float),
            of_neighbours=arrays["cells_of_neighbours"][:, number].astype(float),
        )
        parts.append(one[image >= 0])
    return cells, pd.concat(parts, ignore_index=True)
