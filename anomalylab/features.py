"""Levels of feature maps: what extractors write and detectors read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name

ON_DEMAND = ("pixels", "band")
"""Levels that are the images themselves: no extractor stores them, each is read when needed."""


@dataclass(frozen=True)
class ImageLevel:
    """Images read on demand, one at a time; their sizes may vary.

    Parameters
    ----------
    read : callable
        Row number -> array of shape (n_rows, n_cols, n_channels).
    rows : int ndarray of shape (n_images,)
        Row numbers that ``read`` understands.
    """

    read: Callable[[int], np.ndarray]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(int(self.rows[index]))

    def subset(self, rows: np.ndarray) -> "ImageLevel":
        """Return the images of ``rows``, in that order."""
        return ImageLevel(self.read, self.rows[rows])


@dataclass(frozen=True)
class Features:
    """Feature maps of the same images at one or more levels.

    Parameters
    ----------
    levels : mapping
        Level name -> float32 array of shape (n_images, n_rows, n_cols, n_channels), which may be
        a memory map, or an :class:`ImageLevel`.
    groups : int ndarray of shape (n_images,), optional
        Images of one number are left out together, as those of one physical part; each is its own
        group if not given.

    Raises
    ------
    ParameterError
        If there is no level, or if levels differ in the number of images.
    """

    levels: Mapping[str, np.ndarray | ImageLevel]
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.groups is not None and len(self.groups) != len(self):
            raise ParameterError(
                f"groups must be one number per image; there are {len(self.groups)} for {len(self)}"
            )
        lengths = {name: len(level) for name, level in self.levels.items()}
        if len(set(lengths.values())) != 1:
            raise ParameterError(f"levels must hold the same images; their numbers are {lengths}")
        for name, level in self.levels.items():
            if isinstance(level, np.ndarray) and level.ndim != 4:
                raise ParameterError(
                    f"level {name!r} must have shape (n_images, n_rows, n_cols, n_channels), "
                    f"not {level.shape}"
                )

    def __len__(self) -> int:
        return len(next(iter(self.levels.values())))

    @property
    def group_numbers(self) -> np.ndarray:
        """The group of each image, counted from 0 in the order of first rows: (n_images,)."""
        if self.groups is None:
            return np.arange(len(self))
        _, first, number = np.unique(self.groups, return_index=True, return_inverse=True)
        rank: np.ndarray = np.argsort(np.argsort(first))
        return rank[number]

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self) if self.groups is None else len(np.unique(self.groups))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the levels, in order."""
        return tuple(self.levels)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the levels that are arrays; those read on demand only if there are no others."""
        return tuple(self.shapes) or self.names

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Rows, columns and channels of each stored level."""
        return {
            name: level.shape[1:]
            for name, level in self.levels.items()
            if isinstance(level, np.ndarray)
        }

    def level(self, name: str) -> np.ndarray:
        """Return a level as an array of shape (n_images, n_rows, n_cols, n_channels).

        Raises
        ------
        UnknownNameError
            If there is no such level.
        ParameterError
            If the level is read on demand; use :meth:`images`.
        """
        level = self._get(name)
        if isinstance(level, ImageLevel):
            raise ParameterError(
                f"level {name!r} holds images of varying size; read it by images()"
            )
        return level

    def images(self, name: str) -> np.ndarray | ImageLevel:
        """Return a level to be read one image at a time, whatever it is stored as."""
        return self._get(name)

    def subset(self, rows: Sequence[int] | np.ndarray | slice) -> "Features":
        """Return the images of ``rows``, in that order; a slice of an array is not copied."""
        index = rows if isinstance(rows, slice) else np.asarray(rows)
        return Features(
            {
                name: level.subset(np.arange(len(level))[index])
                if isinstance(level, ImageLevel)
                else level[index]
                for name, level in self.levels.items()
            },
            None if self.groups is None else self.groups[index],
        )

    @classmethod
    def joined(cls, parts: Sequence["Features"]) -> "Features":
        """Return the images of several features one after another; no group lies in two of them.

        Parameters
        ----------
        parts : sequence of Features
            Of the same levels, stored ones of the same shapes.

        Raises
        ------
        ParameterError
            If the parts have other levels or shapes, or there are none.
        """
        if len({(part.names, str(part.shapes)) for part in parts}) != 1:
            raise ParameterError(
                "features can be joined if their levels and shapes are the same, not "
                f"{[part.shapes for part in parts]}"
            )
        levels = {name: _joined([part.images(name) for part in parts]) for name in parts[0].names}
        counts = np.cumsum([0, *(part.n_groups for part in parts)])
        groups = [part.group_numbers + n for part, n in zip(parts, counts, strict=False)]
        return cls(levels, np.concatenate(groups))

    def check_finite(self, block: int = 64) -> None:
        """Refuse stored levels with values that are not finite, read ``block`` images at a time.

        Raises
        ------
        ParameterError
            If so.
        """
        starts = range(0, len(self), block)
        for name, level in self.levels.items():
            if not isinstance(level, np.ndarray):
                continue
            if not all(np.isfinite(level[start : start + block]).all() for start in starts):
                raise ParameterError(f"level {name!r} holds NaN or infinite values")

    def only(self, names: Iterable[str]) -> "Features":
        """Return the levels called ``names``."""
        return Features({name: self._get(name) for name in names}, self.groups)

    def pooled(self, names: Iterable[str] | None = None) -> np.ndarray:
        """Return the mean over cells of each level, side by side: (n_images, n_channels)."""
        names = self.stored if names is None else names
        return np.concatenate([self.level(name).mean(axis=(1, 2)) for name in names], axis=1)

    def grid(self, names: Iterable[str] | None = None) -> tuple[int, int]:
        """Return the rows and columns of the finest level."""
        names = self.stored if names is None else names
        shapes = [self.level(name).shape[1:3] for name in names]
        return max(s[0] for s in shapes), max(s[1] for s in shapes)

    def aligned(
        self, names: Iterable[str] | None = None, *, interpolation: str = "nearest"
    ) -> np.ndarray:
        """Bring levels to the finest grid and put their channels side by side.

        Parameters
        ----------
        names : iterable of str, optional
            Levels, in order; all stored ones by default.
        interpolation : {"nearest", "bilinear"}
            How coarser levels are enlarged; cell centres are aligned.

        Returns
        -------
        aligned : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
        """
        names = self.stored if names is None else tuple(names)
        n_rows, n_cols = self.grid(names)
        channels = [self.level(name).shape[3] for name in names]
        out = np.empty((len(self), n_rows, n_cols, sum(channels)), np.float32)
        for name, stop, width in zip(names, np.cumsum(channels), channels, strict=True):
            level = self.level(name)
            by_rows = enlargement(level.shape[1], n_rows, interpolation)
            by_cols = enlargement(level.shape[2], n_cols, interpolation)
            for image, target in zip(level, out[..., stop - width : stop], strict=True):
                target[...] = _apply(image, by_rows, by_cols)
        return out

    def _get(self, name: str) -> np.ndarray | ImageLevel:
        if name not in self.levels:
            unknown_name("level", name, self.levels)
        return self.levels[name]


@dataclass(frozen=True)
class _Chain:
    """Reads the images of several levels, counted through."""

    levels: tuple[np.ndarray | ImageLevel, ...]

    def __call__(self, row: int) -> np.ndarray:
        for level in self.levels:
            if row < len(level):
                return level[row]
            row -= len(level)
        raise IndexError(row)


def _joined(levels: Sequence[np.ndarray | ImageLevel]) -> np.ndarray | ImageLevel:
    arrays = [level for level in levels if isinstance(level, np.ndarray)]
    if len(arrays) == len(levels):
        return np.concatenate(arrays)
    return ImageLevel(_Chain(tuple(levels)), np.arange(sum(map(len, levels))))


def _apply(image: np.ndarray, by_rows: np.ndarray, by_cols: np.ndarray) -> np.ndarray:
    if len(by_rows) != by_rows.shape[1]:
        image = np.tensordot(by_rows, image, axes=(1, 0))
    if len(by_cols) != by_cols.shape[1]:
        image = np.moveaxis(np.tensordot(by_cols, image, axes=(1, 1)), 0, 1)
    return image


def enlargement(n_in: int, n_out: int, interpolation: str) -> np.ndarray:
    """Return the matrix (n_out, n_in) that enlarges one axis, cell centres aligned.

    Parameters
    ----------
    n_in, n_out : int
        Cells before and after.
    interpolation : {"nearest", "bilinear"}
        ``bilinear`` repeats the border beyond the outer centres, as
        ``torch.nn.functional.interpolate(align_corners=False)`` does.
    """
    if interpolation not in ("nearest", "bilinear"):
        unknown_name("interpolation", interpolation, ("nearest", "bilinear"))
    position = (np.arange(n_out) + 0.5) * n_in / n_out
    if interpolation == "nearest":
        return np.eye(n_in, dtype=np.float32)[position.astype(int)]
    position = np.clip(position - 0.5, 0, n_in - 1)
    left = np.minimum(position.astype(int), max(n_in - 2, 0))
    right = np.minimum(left + 1, n_in - 1)
    weight = (position - left).astype(np.float32)[:, None]
    eye = np.eye(n_in, dtype=np.float32)
    return (1 - weight) * eye[left] + weight * eye[right]
