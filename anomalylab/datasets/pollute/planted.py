"""Synthetic defects where a data set has too few of its own; they are called synthetic throughout.

Good training images are set aside, a defect is painted into each, and the painted images are
written once, as PNG with exact masks. What was painted on leaves the training set: an image
beside its own painted copy would make the copy easy to tell, or hard, for no reason of its own.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import synthesise
from anomalylab.datasets._whole import cache_folder, holds, write_png, write_record, write_whole
from anomalylab.datasets.pollute._protocol import good_and_defective
from anomalylab.datasets.pollute._shares import n_of_share
from anomalylab.errors import InfeasiblePollution, ParameterError
from anomalylab.images.read import content_hash, read_image
from anomalylab.progress import counted
from anomalylab.synthesise.planted import MIN_WIDTH, Planted, plant, usual_width
from anomalylab.synthesise.product import product_mask

PREFIX = "synthetic:"
"""Begins the defect type of a painted image, as ``synthetic:scratch``."""

RECORD = "planted.json"
VERSION = 1
"""Raised whenever the same request gives other pixels."""

_PLACES = 5  # tried for each kind: at the rim of a product a defect may be cut off


def n_synthetic(samples: pd.DataFrame, *, share: float = 0.2, n_judged: int = 20) -> int:
    """Return how many synthetic defects a share of pollution takes.

    Each takes a good image out of the training set, and the share is of those that remain.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES of one category, with splits and labels.
    share : float in [0, 1)
    n_judged : int
        Defects that are to be left for the test set.

    Raises
    ------
    InfeasiblePollution
        If that would take more than half of the good training images.
    ParameterError
        If the samples or the share are not fit for pollution.
    """
    normal, defects, _ = good_and_defective(samples)
    for n in range(len(normal) // 2 + 1):
        if n_of_share(share, len(normal) - n) + n_judged <= len(defects) + n:
            return n
    raise InfeasiblePollution(
        f"a share of {share:g} and {n_judged} defects to be judged need, beside {len(defects)} "
        f"real ones, more than can be painted into half of the {len(normal)} good training images"
    )


def plant_defects(
    samples: pd.DataFrame,
    root: Path,
    folder: Path | None = None,
    *,
    n: int | None = None,
    rows: Sequence[int] | np.ndarray = (),
    kinds: Sequence[str] = (),
    size: float = 0.5,
    contrast: float = 0.6,
    seed: int = 0,
    intensity: str = "full",
) -> pd.DataFrame:
    """Paint defects into good training images, write them unless they are there, and list them.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES of one category.
    root : Path
        Folder that their paths are relative to.
    folder : Path, optional
        To write to; by default one in the user's cache, named by a hash of all that counts.
    n : int, optional
        Number of painted images, each of another good training image; the kinds take turns.
    rows : sequence of int, optional
        Rows to paint into instead, whatever is known of them.
    kinds : sequence of str
        Names of defects, see ``list(synthesise.registry)``; the usual ones by default.
    size : float in (0, 1.5]
        Width of the defects, in widths that their kind usually has: of the shorter side of an
        image 2.6 % for a scratch, 8.5 % for a spot, 24 % for a stain.
    contrast : float in (0, 1]
    seed : int
        Draws images and places.
    intensity : str
        Rule by which the images are read. What is written is 8 bits deep: read it with ``"full"``.

    Returns
    -------
    planted : DataFrame
        Rows like those of ``samples``: of the test split, label 1, type ``synthetic:<kind>``, and
        ``source_id``, the sample that was painted on. ``attrs["root"]`` is the folder.

    Raises
    ------
    ParameterError
        If there are not ``n`` good training images to spare, neither ``n`` nor ``rows`` is given,
        or no defect of that size fits.
    UnknownNameError
        If there is no such kind.
    DatasetError
        If the folder holds other images or cannot be written to, or an image cannot be read.
    """
    kinds = tuple(kinds) or synthesise.usual()
    for kind in kinds:
        synthesise.registry.get(kind)
    if not 0 < contrast <= 1 or not 0 < size <= 1.5:
        raise ParameterError(
            f"contrast lies in (0, 1] and size in (0, 1.5], not {contrast} and {size}"
        )
    if (n is None) == (len(rows) == 0):
        raise ParameterError("give the number of images to paint into, or their rows")
    sources = samples.iloc[np.asarray(rows, int) if n is None else _sources(samples, n, seed)]
    plan = _Plan(sources, Path(root), kinds, size, contrast, seed, intensity)
    record = plan.record()
    folder = cache_folder("planted", record) if folder is None else Path(folder)
    if not holds(folder, RECORD, record):
        write_whole(folder, plan.write, name=RECORD)
    planted = plan.rows(folder)
    planted.attrs["root"] = str(folder)
    return planted


def with_planted(samples: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Return the samples without those that were painted on, then the painted ones.

    Features follow the same order: those of the first, from their root, joined by those of the
    second, from theirs; see :meth:`anomalylab.features.Features.joined`.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    planted : DataFrame
        From :func:`plant_defects` on them.

    Returns
    -------
    both : DataFrame
        With the column ``source_id``, missing for real images.
    """
    left = samples[~samples["sample_id"].isin(planted["source_id"])].assign(source_id=None)
    return pd.concat([left.astype({"source_id": object}), planted], ignore_index=True)


def words(samples: pd.DataFrame) -> str:
    """Return a sentence on the synthetic defects among samples; none if there are none.

    Examples
    --------
    >>> words(pd.DataFrame({"defect_type": ["good", "bent", "synthetic:spot"]}))
    '1 of 2 defects is synthetic (spot): what is found of them need not hold for real ones.'
    """
    types = samples["defect_type"].dropna().astype(str)
    made = types[types.str.startswith(PREFIX)]
    if made.empty:
        return ""
    names = ", ".join(sorted(set(made.str.removeprefix(PREFIX))))
    n_defects, is_or_are = int((types != "good").sum()), "is" if len(made) == 1 else "are"
    return (
        f"{len(made)} of {n_defects} defects {is_or_are} synthetic ({names}): what is found of "
        "them need not hold for real ones."
    )


def _sources(samples: pd.DataFrame, n: int, seed: int) -> np.ndarray:
    """Draw rows of good training images."""
    normal, _, _ = good_and_defective(samples)
    if not 0 < n < len(normal):
        raise ParameterError(
            f"synthetic defects are painted into 1 to {len(normal) - 1} of {len(normal)} good "
            f"training images, not into {n}"
        )
    return np.sort(np.random.default_rng(seed).permutation(normal)[:n])


@dataclass(frozen=True)
class _Plan:
    """Which defect is painted into which image; row i of ``sources`` gets kind i, in turn."""

    sources: pd.DataFrame
    root: Path
    kinds: tuple[str, ...]
    size: float
    contrast: float
    seed: int
    intensity: str

    def record(self) -> dict[str, object]:
        """Return all that the pixels depend on."""
        paths = list(self.sources["image_path"])
        return {
            "version": VERSION,
            "kinds": list(self.kinds),
            "size": self.size,
            "contrast": self.contrast,
            "seed": self.seed,
            "intensity": self.intensity,
            "sources": [[path, content_hash(self.root / path)] for path in paths],
        }

    def write(self, folder: Path) -> None:
        """Paint all images into a folder, and the record of them."""
        numbers = range(len(self.sources))
        with ThreadPoolExecutor() as pool:
            for number, (kind, painted) in enumerate(
                counted(pool.map(self.painted, numbers), len(numbers), "planting")
            ):
                write_png(painted.image, folder / kind / f"{number:04d}.png")
                mask = np.where(painted.mask, 255, 0).astype(np.uint8)
                write_png(mask, folder / kind / f"{number:04d}_mask.png")
        write_record(folder, RECORD, self.record())

    def painted(self, number: int) -> tuple[str, Planted]:
        """Paint one image: the kind whose turn it is, or the next that can be that wide there."""
        path = self.root / self.sources["image_path"].iloc[number]
        image = read_image(path, intensity=self.intensity)
        where, short = product_mask(image), min(image.shape[:2])
        for turn, place in product(range(len(self.kinds)), range(_PLACES)):
            kind = self.kinds[(number + turn) % len(self.kinds)]
            width = max(float(MIN_WIDTH), self.size * usual_width(kind) * short)
            seed = int(np.random.SeedSequence([self.seed, number, place]).generate_state(1)[0])
            found = plant(image, kind, width=width, contrast=self.contrast, seed=seed, where=where)
            if found is not None:
                return kind, found
        raise ParameterError(
            f"no defect of size {self.size:g} can be painted into {path.name!r}, which has "
            f"{image.shape[1]} x {image.shape[0]} pixels; choose another size or other kinds"
        )

    def rows(self, folder: Path) -> pd.DataFrame:
        """List the painted images that a folder holds."""
        found = {path.stem: path for path in sorted(folder.glob("*/*.png"))}
        images = [found[f"{number:04d}"] for number in range(len(self.sources))]
        paths = [path.relative_to(folder).as_posix() for path in images]
        return self.sources.reset_index(drop=True).assign(
            source_id=list(self.sources["sample_id"]),
            sample_id=[f"synthetic/{path}" for path in paths],
            split="test",
            label=pd.array([1] * len(paths), dtype="Int64"),
            defect_type=[PREFIX + path.parent.name for path in images],
            image_path=paths,
            mask_path=[path.replace(".png", "_mask.png") for path in paths],
            content_hash=[content_hash(path) for path in images],
            stored_as="PNG, RGB of 8 bits",
        )
