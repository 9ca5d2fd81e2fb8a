"""Window PCA: how far the windows of an image lie from those of normal images.

Every window of an image is a point, and normal windows vary mostly along a few axes. A window is
anomalous if these axes do not explain it, or if it lies far out along them. As moments of windows
add up, leaving an image out takes no more than subtracting its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar, Self

import numpy as np

from anomalylab.compute import window_space
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.compute.threads import in_pieces, n_threads
from anomalylab.compute.window_moments import Moments, check_window
from anomalylab.compute.window_space import WindowSpace
from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.detectors._base import Detector
from anomalylab.detectors._registry import register
from anomalylab.detectors._window_maps import (
    AT_ONCE,
    judge,
    read_band,
    total_moments,
)
from anomalylab.errors import ParameterError
from anomalylab.features import Features, ImageLevel
from anomalylab.registry import unknown_name

Spaces = dict[int, WindowSpace]
"""Side of a window -> the space of such windows."""


@register("window_pca")
@dataclass(kw_only=True)
class WindowPCA(Detector):
    """``|x - mu|^2 - |P (x - mu)|^2`` of a window ``x`` with ``P`` the space of normal windows.

    This is the statistic ``residual``; the others are below. Windows are never gathered.

    Images are read one at a time and may differ in size; the map has one grid for all.

    Parameters
    ----------
    levels : tuple of one str
        A level of images with one channel.
    window : int or tuple of int
        Odd sides of windows in pixels. The maps of several are averaged.
    n_components : int
        Axes of the space of normal windows, at least 2.
    statistic : {"residual", "mahalanobis", "outside"}
        What is measured of a window: ``residual``, its squared distance from the space, over that
        of the average training window; ``mahalanobis``, its squared Mahalanobis distance within
        the space, over the number of components; ``outside``, whether it lies beyond the ellipse
        that holds a share of ``coverage`` of normally distributed windows. The score of an image
        is the highest of its cells, but the share of its windows for ``outside``.
    grid : (rows, cols)
        Cells of the map, each the mean of the windows that have their centre in it.
    coverage : float
        Only for ``outside``.

    Attributes
    ----------
    mean_, components_, variances_, total_variance_ : dict
        Side of a window, as text -> what :class:`~anomalylab.compute.window_space.WindowSpace`
        holds under that name.
    """

    has_closed_form: ClassVar[bool] = True

    levels: tuple[str, ...] = ("band",)
    window: int | tuple[int, ...] = 25
    n_components: int = 2
    statistic: str = "residual"
    grid: tuple[int, int] = (64, 64)
    coverage: float = 0.99

    def __post_init__(self) -> None:
        if not isinstance(self.levels, tuple) or len(self.levels) != 1:
            raise ParameterError(
                f"window_pca looks at one level, such as ('band',), not {self.levels!r}"
            )
        if len(set(self.windows)) != max(len(self.windows), 1):
            raise ParameterError(
                f"window must be one or several different sides, not {self.window}"
            )
        for window in self.windows:
            check_window(window)
        if not 2 <= self.n_components <= min(self.windows) ** 2:
            raise ParameterError(
                f"n_components must be 2 to {min(self.windows) ** 2}, the pixels of the smallest "
                f"window, not {self.n_components}"
            )
        if self.statistic not in STATISTICS:
            unknown_name("statistic of window_pca", self.statistic, STATISTICS)
        if not isinstance(self.grid, tuple) or len(self.grid) != 2 or min(self.grid) < 1:
            raise ParameterError(f"grid must be (rows, cols) of the map, not {self.grid}")
        if not 0 < self.coverage < 1:
            raise ParameterError(f"coverage must lie between 0 and 1, not {self.coverage}")

    @property
    def windows(self) -> tuple[int, ...]:
        """Sides of the windows."""
        return self.window if isinstance(self.window, tuple) else (self.window,)

    @property
    def spaces(self) -> Spaces:
        """The fitted space of each window."""
        return {
            window: WindowSpace(
                window,
                self.mean_[str(window)],
                self.components_[str(window)],
                self.variances_[str(window)],
                float(self.total_variance_[str(window)]),
            )
            for window in self.windows
        }

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out.

        Seconds are, per image of ``P`` pixels and window of side ``w``, those of
        ``7 P (q + 4) + 10 w^4`` values (correlations with ``q`` components, sums of moments) and
        ``10 w^5 + 2/3 w^6`` products (moments; axes without the image): one core takes 0.3 to 3
        times as long for images of 230 x 230 to 900 x 900 pixels and windows of 11 to 35. Bytes are
        those of maps and moments, at most, beside the images read at the moment.
        """
        moments_of_one = 8 * sum(window**4 for window in self.windows)
        maps = 4 * n_images * self.grid[0] * self.grid[1]
        n_pixels = sum(self._used(shapes).values())
        an_image = sum(
            seconds_of(
                values=7 * n_pixels * (self.n_components + 4) + 10 * window**4,
                products=10 * window**5 + 2 / 3 * window**6,
            )
            for window in self.windows
        )
        return Cost(
            bytes=maps + moments_of_one * (2 * AT_ONCE * n_threads() + 3),
            seconds=n_images * an_image,
        )

    def fit_spaces(self, totals: Mapping[int, Moments], near: Spaces | None = None) -> Spaces:
        """Return the space of each window of these moments; ``near`` are spaces of almost them."""
        near = near or {}
        return {
            window: window_space.fit(total, self.n_components, near=near.get(window))
            for window, total in totals.items()
        }

    def judge(self, band: np.ndarray, spaces: Spaces) -> tuple[float, np.ndarray]:
        """Return the score and the map of an image of shape (height, width)."""
        return judge(band, spaces, self.statistic, self.coverage, self.grid)

    @one_blas_thread()
    def fit_moments(self, totals: Mapping[int, Moments], near: Spaces | None = None) -> Self:
        """Learn from the sums over the windows of normal images, where these are known.

        The images are not held, so that they cannot be scored left out.

        Parameters
        ----------
        totals : mapping
            Side of each window -> moments of all images.
        near : mapping, optional
            Spaces of almost the same windows.
        """
        self._learn(self.fit_spaces(totals, near))
        self.shapes_: dict[str, np.ndarray] = {}
        return self

    @one_blas_thread()
    def _fit(self, features: Features) -> None:
        images = features.images(self.levels[0])
        self._moments = total_moments(self._reader(images), range(len(images)), self.windows)
        self._learn(self.fit_spaces(self._moments))

    def _learn(self, of_windows: Spaces) -> None:
        spaces = {str(window): space for window, space in of_windows.items()}
        self.mean_ = {window: space.mean for window, space in spaces.items()}
        self.components_ = {window: space.components for window, space in spaces.items()}
        self.variances_ = {window: space.variances for window, space in spaces.items()}
        self.total_variance_ = {window: space.total_variance for window, space in spaces.items()}

    @one_blas_thread()
    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        images, spaces = features.images(self.levels[0]), self.spaces
        read = self._reader(images)
        return _stacked(in_pieces(lambda row: self.judge(read(row), spaces), range(len(images))))

    @one_blas_thread()
    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        members = [np.flatnonzero(groups == number) for number in np.unique(groups)]
        if len(members) < 2:
            raise ParameterError(
                "window_pca needs training images of at least 2 groups to leave one out"
            )
        read_any, whole = self._reader(self._training.images(self.levels[0])), self.spaces

        def judge_group(rows: np.ndarray) -> list[tuple[float, np.ndarray]]:
            read = lru_cache(1)(read_any)  # a group is mostly one image, read once for both
            own = total_moments(read, rows.tolist(), self.windows)
            others = {window: total - own[window] for window, total in self._moments.items()}
            spaces = self.fit_spaces(others, near=whole)
            return [self.judge(read(row), spaces) for row in rows.tolist()]

        found = _stacked([one for part in in_pieces(judge_group, members) for one in part])
        place = np.argsort(np.concatenate(members))
        return found[0][place], found[1][place]

    def _reader(self, images: np.ndarray | ImageLevel) -> Callable[[int], np.ndarray]:
        return partial(read_band, self.levels[0], images)


def _stacked(judged: Iterable[tuple[float, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    scores, maps = zip(*judged, strict=True)
    return np.array(scores), np.stack(maps)
