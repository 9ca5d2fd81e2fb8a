"""Healed images of a study as a table, a few of them with pictures that tell the story."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import webp
from anomalylab.pictures.map_ramp import ramp_for
from anomalylab.pictures.thumbnails import contour_of, shrunk
from anomalylab.schema.study import KEY, STUDY_HEALED
from anomalylab.studies.category import Finished
from anomalylab.studies.cells import Cell
from anomalylab.studies.healed import repair_from
from anomalylab.studies.material import CategoryFiles
from anomalylab.studies.store import stored

N_OF_KIND = 2
"""Images with pictures, of each kind: defective and accepted, defective and refused, good."""

QUALITY = 70


def healed_images(
    found: Sequence[Finished], files: CategoryFiles, samples: pd.DataFrame, thumbnails: pd.DataFrame
) -> pd.DataFrame:
    """Return the removed images of all cells in which they were healed.

    Pictures are there of pixels that were healed, of each detector and strategy at its highest
    pollution, the share removed that is nearest to that, and its first seed.

    Parameters
    ----------
    found : sequence of Finished
        Of one category.
    files : CategoryFiles
    samples : DataFrame
        Its images, in order.
    thumbnails : DataFrame
        Of these.

    Returns
    -------
    healed : DataFrame
        Rows of STUDY_HEALED.
    """
    done = [one for one in found if one.healed is not None and not one.result.reason]
    pictured = set(_told([one.cell for one in done if one.healed and one.healed.repair]))
    ids, small = (
        samples["sample_id"].to_numpy(object),
        thumbnails.set_index("sample_id").to_dict("index"),
    )
    rows = [row for one in done for row in _rows(one, ids)]
    for one in done:
        if one.cell in pictured:
            pictures = _pictures(one, files, ids, small)
            for row in rows:
                if row["cell"] == one.cell:
                    row.update(pictures.get(row["sample_id"], {}))
    keys = pd.DataFrame([row.pop("cell") for row in rows], columns=list(KEY))
    table = pd.concat([keys, pd.DataFrame(rows)], axis=1)
    return table.reindex(columns=list(STUDY_HEALED.columns))


def _told(cells: Sequence[Cell]) -> Iterator[Cell]:
    """Yield the cell of each detector and strategy that pages tell of."""
    of_each: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        of_each.setdefault((cell.detector, cell.strategy, cell.scorer), []).append(cell)
    for some in of_each.values():
        highest = max(cell.pollution for cell in some)
        yield min(
            (cell for cell in some if cell.pollution == highest),
            key=lambda cell: (abs(cell.reject - highest), cell.reject, cell.seed),
        )


def _rows(one: Finished, ids: np.ndarray) -> list[dict[str, Any]]:
    arrays, removed = one.result.arrays, one.members[~one.is_kept]
    columns = ("is_accepted", "replaced", "energy_before", "energy_after")
    measured = zip(*(arrays[name] for name in columns), strict=True)
    return [
        {"cell": one.cell, "sample_id": ids[row], **dict(zip(columns, values, strict=True))}
        for row, values in zip(removed, measured, strict=True)
    ]


def _pictures(
    one: Finished, files: CategoryFiles, ids: np.ndarray, thumbnails: Mapping[Any, dict[Any, Any]]
) -> Mapping[str, dict[str, Any]]:
    """Draw what was odd of a few images, what of them was replaced, and the healed images."""
    assert one.healed is not None
    repair, removed = repair_from(stored(one.healed.repair)), one.members[~one.is_kept]
    healed = repair.applied(files.features.subset(removed).images("pixels"))
    ramp = ramp_for([one["image"] for one in thumbnails.values()])
    pictures = {}
    for place in _shown(one):
        name = str(ids[removed[place]])
        own = thumbnails[name]
        size = (own["height"], own["width"])
        odd = map_colours.to_bytes(repair.residual[place][None].astype(float), repair.threshold)[0]
        image = np.rint(healed[place] * 255).astype(np.uint8)
        pictures[name] = {
            "residual": map_colours.composite(own["image"], odd, None, ramp),
            "area": contour_of(repair.weight[place] >= 0.5, size),
            "healed": webp(shrunk(image, max(size)), QUALITY),
        }
    return pictures


def _shown(one: Finished) -> list[int]:
    """Choose removed images: of each kind those of which most was replaced."""
    arrays, is_noise = one.result.arrays, one.is_noise[~one.is_kept]
    is_accepted = arrays["is_accepted"].astype(bool)
    order = np.argsort(-arrays["replaced"], kind="stable")
    kinds = (is_noise & is_accepted, is_noise & ~is_accepted, ~is_noise)
    return [int(place) for kind in kinds for place in order[kind[order]][:N_OF_KIND]]
