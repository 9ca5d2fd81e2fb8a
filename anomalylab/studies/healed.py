"""Training sets to which removed images come back healed, and what that is worth."""

from dataclasses import dataclass

import numpy as np

from anomalylab import extractors
from anomalylab.detectors import Pool, RefitPool
from anomalylab.features import ON_DEMAND, Features, ImageLevel
from anomalylab.images.read import resize
from anomalylab.metrics.cell_truth import polluted_cells
from anomalylab.refine.healing import (
    Healed,
    Kept,
    accepted,
    change_of_kept,
    defect_energy,
    heal,
    kept_part,
)
from anomalylab.refine.pixel_healing import (
    Repair,
    change_of_kept_images,
    kept_images,
    repair_of,
)
from anomalylab.storage.blocks import Arrays
from anomalylab.studies.material import CategoryFiles
from anomalylab.studies.measured import Places, TrainingSet, measure
from anomalylab.studies.store import stored
from anomalylab.studies.strategy import Healing

N_AT_ONCE = 16
"""Healed images that are described together."""


@dataclass(frozen=True)
class HealedBy:
    """How images that left a training set come back.

    Parameters
    ----------
    how : Healing
    repair : str
        Name of the result of :func:`repair`; empty where features are healed.
    """

    how: Healing
    repair: str = ""


def repair(pool: Pool, chosen: TrainingSet, how: Healing) -> Arrays:
    """Train an auto-encoder on what is kept; find what removed images are painted over with.

    Parameters
    ----------
    pool : Pool
        Of the auto-encoder.
    chosen : TrainingSet
    how : Healing

    Returns
    -------
    found : dict
        What :class:`anomalylab.refine.pixel_healing.Repair` holds, and ``change`` of kept images.
    """
    part = kept_images(pool.detector, pool.features, chosen.kept)
    found = repair_of(
        part, pool.features, chosen.removed, quantile=how.quantile, n_rounds=how.n_rounds
    )
    return {
        "weight": found.weight.astype(np.float16),
        "paint": found.paint.astype(np.float16),
        "residual": found.residual.astype(np.float16),
        "threshold": np.array(found.threshold),
        "change": change_of_kept_images(part, quantile=how.quantile),
    }


def repair_from(arrays: Arrays) -> Repair:
    """Return what :func:`repair` has found."""
    weight, paint, residual = (arrays[name] for name in ("weight", "paint", "residual"))
    return Repair(weight, paint, residual, float(arrays["threshold"]))


def measure_healed(
    pool: Pool, chosen: TrainingSet, files: CategoryFiles, places: Places | None, by: HealedBy
) -> Arrays:
    """Fit on what is kept and on healed images that pass for it, score all, measure.

    Parameters
    ----------
    pool : Pool
        Of the detector that is fitted.
    chosen : TrainingSet
        Of which at least one image was removed.
    files : CategoryFiles
    places : Places, optional
    by : HealedBy

    Returns
    -------
    measured : dict
        What :func:`anomalylab.studies.measured.measure` returns, with metrics of the healing, and
        by removed image ``is_accepted``, ``energy_before``, ``energy_after`` and ``replaced``, the
        share of it.
    """
    part = kept_part(pool, chosen.kept)
    healed, change = _healed(pool, part, chosen.removed, files, by)
    is_accepted = accepted(part, healed)
    polluted = _polluted(files, chosen.removed, part.score_maps.shape[1:], places)
    before, after = defect_energy(part, healed, polluted)
    back = healed.rows[is_accepted]
    wider = TrainingSet(
        np.append(chosen.members, back),
        np.append(chosen.is_kept, np.ones(len(back), bool)),
        chosen.validation,
    )
    measured = measure(RefitPool(pool.detector, healed.features), wider, files, places)
    names, values = zip(*_worth(is_accepted, before, after, change).items(), strict=True)
    n_members = len(chosen.members)
    return {
        **measured,
        "scores": np.delete(measured["scores"], n_members + np.arange(len(back))),
        "names": np.append(measured["names"], names),
        "values": np.append(measured["values"], values),
        "is_accepted": is_accepted,
        "energy_before": before,
        "energy_after": after,
        "replaced": healed.replaced.mean(axis=(1, 2)),
    }


def _worth(
    is_accepted: np.ndarray, before: np.ndarray, after: np.ndarray, change: np.ndarray
) -> dict[str, float]:
    """Return the metrics of a healing; NaN where no accepted image has a defect that is marked."""
    marked = is_accepted & (before > 0)
    left = after[marked] / before[marked]
    change = change[np.isfinite(change)]
    return {
        "healed_accepted": float(is_accepted.mean()),
        "healed_energy_fell": float((left < 1).mean()) if len(left) else np.nan,
        "healed_energy_left": float(np.median(left)) if len(left) else np.nan,
        "healed_change": float(change.max()) if len(change) else np.nan,
    }


def _healed(
    pool: Pool, part: Kept, removed: np.ndarray, files: CategoryFiles, by: HealedBy
) -> tuple[Healed, np.ndarray]:
    """Return healed images as the detector sees them, and what healing changes of kept ones."""
    given = {"quantile": by.how.quantile, "nearest": by.how.nearest}
    if not by.repair:
        healed = heal(pool, part, removed, **given)  # type: ignore[arg-type]
        return healed, change_of_kept(part, **given)  # type: ignore[arg-type]
    arrays = stored(by.repair)
    found, own = repair_from(arrays), pool.features
    healed_rows = described(files, own.names, found.applied(_pixels(files, removed)))
    together = {name: _joined(own, healed_rows, name) for name in own.names}
    groups, n_images = own.group_numbers, len(own)
    return (
        Healed(
            Features(together, np.append(groups, groups[removed])),
            np.arange(n_images, n_images + len(removed)),
            removed,
            found.replaced,
            found.threshold,
        ),
        arrays["change"],
    )


def _joined(own: Features, healed: Features, name: str) -> np.ndarray | ImageLevel:
    """Return a level of all images and, behind them, of the healed ones."""
    both = Features.joined([own.only([name]), healed.only([name])])
    return both.images(name)


def _pixels(files: CategoryFiles, rows: np.ndarray) -> np.ndarray | ImageLevel:
    return files.features.subset(rows).images("pixels")


def described(files: CategoryFiles, names: tuple[str, ...], pixels: ImageLevel) -> Features:
    """Describe images that no file holds, as those of the files are.

    Parameters
    ----------
    files : CategoryFiles
    names : tuple of str
        Levels that are wanted.
    pixels : ImageLevel
        Colours as shares of 0 to 1.
    """
    rows = np.arange(len(pixels))
    levels: dict[str, np.ndarray | ImageLevel] = {
        name: ImageLevel(_Level(pixels, name), rows) for name in names if name in ON_DEMAND
    }
    stored_levels = [name for name in names if name not in ON_DEMAND]
    if stored_levels:
        parts = [
            files.extractor(np.stack([_resized(files, pixels[row]) for row in some]))
            for some in np.split(rows, range(N_AT_ONCE, len(rows), N_AT_ONCE))
        ]
        levels |= {name: np.concatenate([part[name] for part in parts]) for name in stored_levels}
    return Features({name: levels[name] for name in names})


@dataclass(frozen=True, eq=False)
class _Level:
    """Reads images as a level that is read on demand."""

    pixels: ImageLevel
    name: str

    def __call__(self, row: int) -> np.ndarray:
        level: np.ndarray = extractors.create(self.name)(_bytes(self.pixels[row])[None])[self.name]
        return np.asarray(level[0])


def _resized(files: CategoryFiles, image: np.ndarray) -> np.ndarray:
    size = files.extractor.size
    return (
        _bytes(image) if size is None else resize(_bytes(image), size, method=files.source.resize)
    )


def _bytes(image: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(image * 255), np.uint8)


def _polluted(
    files: CategoryFiles, rows: np.ndarray, grid: tuple[int, ...], places: Places | None
) -> np.ndarray:
    """Return the cells of images that hold a defect, where masks say so."""
    polluted = np.zeros((len(rows), *grid), bool)
    if places is not None:
        known = files.truths.known(rows)
        if known.any():
            polluted[known] = polluted_cells(files.truths.masks(rows[known]), (grid[0], grid[1]))
    return polluted
