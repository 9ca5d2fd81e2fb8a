"""A finished window embedding with its images at hand.

The run folder holds the space, histograms, densities and scores; coordinates of windows are
computed again from an image when a view asks, for they are many times the size of the images.
"""

from collections import OrderedDict
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.window_space import WindowSpace
from anomalylab.errors import DatasetError
from anomalylab.extractors.band import project
from anomalylab.images.files import read_bytes
from anomalylab.images.read import decode_image, hash_of
from anomalylab.pc_space import stored
from anomalylab.pc_space.cloud import Cloud, make_cloud
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.pc_space.log_odds import LogOdds
from anomalylab.registry import unknown_name
from anomalylab.runs.folder import Run
from anomalylab.runs.masks import Masks
from anomalylab.runs.originals import Originals

GROUPS = ("normal", "anomalous")
HELD_CLOUDS = 16
"""Clouds kept in memory; a cloud of 230 x 630 pixels takes 2 MB."""

HELD_BYTES = 2**26
"""Bytes of images kept in memory, and always the last one: 150 images of 230 x 630 pixels."""


class PCSpace:
    """What ``anomalylab recipe pc-space`` wrote, and its images.

    Parameters
    ----------
    run : Run or path
        A finished run of that recipe.
    data : path, optional
        Folder of the images; where they were when the run was made if not given.

    Raises
    ------
    RunError
        If ``run`` is no finished run, or one of another kind. Images that are not there are missed
        only by what reads them.
    """

    def __init__(self, run: Run | Path | str, data: Path | str | None = None):
        self.run = run if isinstance(run, Run) else Run(run)
        self.info = self.run.info.part_of(PCSpaceInfo)
        self._data = data
        self._clouds: OrderedDict[tuple[str, int], Cloud] = OrderedDict()
        self._images: OrderedDict[tuple[str, int, int], np.ndarray] = OrderedDict()

    @cached_property
    def root(self) -> Path:
        """Folder of the images.

        Raises
        ------
        DatasetError
            If it is not there.
        """
        return Originals(self.run, self._data).root

    @cached_property
    def _masks(self) -> Masks:
        return Masks(self.root)

    @property
    def samples(self) -> pd.DataFrame:
        """One row an image, rows as in the histograms."""
        return self.run.samples

    @property
    def at_hand(self) -> pd.DataFrame:
        """Samples that views read: all, or the new ones that a finished run has scored."""
        return self.samples if self.run.info.scored_with is None else self.run.queries

    @property
    def normal_at_hand(self) -> list[str]:
        """Normal training images that views read."""
        return self.run.info.training_ids if self.run.info.scored_with is None else []

    @property
    def windows(self) -> list[int]:
        """Sides of the windows, the one that views show first."""
        return self.info.windows

    @property
    def limit(self) -> float:
        """Half the width of the histograms of the first window size."""
        return self.info.limits[0]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of components that span the planes, counted from 0."""
        return self.info.pairs

    @property
    def extent(self) -> float:
        """Half the width of the densities."""
        return self.info.extent

    @property
    def residual(self) -> tuple[float, float]:
        """Mean and deviation of the distances of normal training windows from PC space."""
        return self.info.residual

    @cached_property
    def spaces(self) -> dict[int, WindowSpace]:
        """The space of each window size."""
        return {window: stored.space(self.run, window) for window in self.windows}

    @property
    def space(self) -> WindowSpace:
        """The space that views show: of the first window size."""
        return self.spaces[self.windows[0]]

    @cached_property
    def histograms(self) -> np.ndarray:
        """Counts of all images: (n_images, n_planes, n_bins, n_bins), memory-mapped."""
        return stored.histograms(self.run)

    @cached_property
    def coefficients(self) -> np.ndarray | None:
        """Log odds for a standard deviation of each bin: (n_planes, n_bins, n_bins), or None."""
        return stored.coefficients(self.run)

    @cached_property
    def log_odds(self) -> LogOdds | None:
        """The classifier of histograms, or None if the run holds none."""
        return stored.classifier(self.run)

    @cached_property
    def densities(self) -> np.ndarray:
        """Windows of both groups of images: (2, n_pairs, side, side), memory-mapped."""
        return stored.densities(self.run)

    def density(self, group: str, pair: int = 0) -> np.ndarray:
        """Return how many windows of the training images lie where, of shape (side, side).

        Parameters
        ----------
        group : {"normal", "anomalous"}
        pair : int
            Number of a pair of :attr:`pairs`; the first axis is its first component.
        """
        if group not in GROUPS:
            unknown_name("group of images", group, GROUPS)
        return np.array(self.densities[GROUPS.index(group), pair])

    def histogram(self, sample_id: str, plane: int = 0) -> np.ndarray:
        """Return the counts of one image in a plane, of shape (n_bins, n_bins)."""
        return np.array(self.histograms[self.row(sample_id), plane])

    def scores(self, detector: str) -> pd.Series:
        """Return the scores of a method by sample id, of test and of training images."""
        rows = self.run.table("scores")
        rows = rows[rows["detector"] == detector].drop_duplicates("sample_id")
        return rows.set_index("sample_id")["score"].astype(float)

    def row(self, sample_id: str) -> int:
        """Return the row number of an image."""
        rows = np.flatnonzero(self.samples["sample_id"] == sample_id)
        if not len(rows):
            unknown_name("image", sample_id, self.samples["sample_id"])
        return int(rows[0])

    def image(self, sample_id: str) -> np.ndarray:
        """Return an image as uint8 (height, width, 3), read-only.

        Some are kept for the next time; one whose file was written since is read again.

        Raises
        ------
        DatasetError
            If it is gone or is no longer the one of the run.
        """
        sample = self.samples.iloc[self.row(sample_id)]
        path = self._file(sample["image_path"])
        state = path.stat()
        key = (sample_id, state.st_size, state.st_mtime_ns)
        if key not in self._images:
            self._keep(key, self._read(path, sample["content_hash"]))
        self._images.move_to_end(key)
        return self._images[key]

    def leads_out(self, name: str) -> bool:
        """Whether a file is a link out of the folder of the images, and no person named that.

        The run may be a stranger's, and say where its images are.
        """
        is_named = self._data is not None
        return not is_named and not (self.root / name).resolve().is_relative_to(self.root.resolve())

    def _file(self, name: str) -> Path:
        path = self.root / name
        if not path.is_file():
            raise DatasetError(f"{path} is gone; give the folder of the images with --data")
        if self.leads_out(name):
            raise DatasetError(f"{path} is a link out of its folder; name that with --data")
        return path

    def _read(self, path: Path, expected: str) -> np.ndarray:
        content = read_bytes(path)
        if hash_of(content) != expected:
            raise DatasetError(f"{path} has changed since the run; repeat the recipe")
        image = decode_image(content, path, intensity=self.run.info.intensity)
        image.setflags(write=False)
        return image

    def _keep(self, key: tuple[str, int, int], image: np.ndarray) -> None:
        self._images[key] = image
        n_bytes = sum(held.nbytes for held in self._images.values())
        while n_bytes > HELD_BYTES and len(self._images) > 1:
            n_bytes -= self._images.popitem(last=False)[1].nbytes

    def band(self, sample_id: str) -> np.ndarray:
        """Return the one-band projection of an image: float32 (height, width)."""
        return project(self.image(sample_id), self.info.orient)[..., 0]

    def mask(self, sample_id: str) -> np.ndarray | None:
        """Return the pixels of the defect as bool (height, width), or None if not known."""
        sample = self.samples.iloc[self.row(sample_id)]
        is_normal = pd.notna(sample["label"]) and sample["label"] == 0
        if not is_normal and not isinstance(sample["mask_path"], str):
            return None
        if isinstance(sample["mask_path"], str):
            self._file(sample["mask_path"])
        return self._masks.truth(sample)

    def cloud(self, sample_id: str, window: int | None = None) -> Cloud:
        """Return the windows of an image as points; some are kept for the next time."""
        key = (sample_id, window or self.windows[0])
        if key not in self._clouds:
            space = self.spaces[key[1]]
            cloud = make_cloud(sample_id, self.band(sample_id), space, self.mask(sample_id))
            self._clouds[key] = cloud
            while len(self._clouds) > HELD_CLOUDS:
                self._clouds.popitem(last=False)
        self._clouds.move_to_end(key)
        return self._clouds[key]
