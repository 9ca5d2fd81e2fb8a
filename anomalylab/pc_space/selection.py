"""What was selected, in the cloud, in the image or on an axis: a few numbers, and the windows.

The page without a server (``reports/pc_space/linked/select.js``) has the same kinds with the same
numbers, and finds the same windows: all is compared in float64, borders included.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.pc_space.cloud import Cloud

DIGITS = 5

Numbers = tuple[float, ...]


def _in_box(numbers: Numbers, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    left, bottom, right, top = numbers
    return (x >= left) & (x <= right) & (y >= bottom) & (y <= top)


def _in_lasso(numbers: Numbers, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    corners = np.reshape(numbers, (-1, 2))
    inside = _in_box((*corners.min(axis=0), *corners.max(axis=0)), x, y)
    inside[inside] = _is_enclosed(x[inside], y[inside], corners)
    return inside


def _is_enclosed(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Tell from which points a ray towards larger x crosses a line an odd number of times.

    An edge from (x1, y1) to (x2, y2) is crossed where the one end lies above y and the other does
    not, and ``x < (x2 - x1) (y - y1) / (y2 - y1) + x1``. Points are sorted by y, so that each edge
    meets only those between its ends.
    """
    order = np.argsort(y)
    x, y = x[order], y[order]
    is_odd = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        start, stop = np.searchsorted(y, sorted((y1, y2)))
        if start < stop:
            crossing = (x2 - x1) * (y[start:stop] - y1) / (y2 - y1) + x1
            is_odd[start:stop] ^= x[start:stop] < crossing
    enclosed = np.empty_like(is_odd)
    enclosed[order] = is_odd
    return enclosed


def _beyond(numbers: Numbers, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    middle_x, middle_y, half_width, half_height = numbers
    away_x, away_y = (x - middle_x) / half_width, (y - middle_y) / half_height
    return away_x * away_x + away_y * away_y > 1


def _in_interval(numbers: Numbers, along: np.ndarray) -> np.ndarray:
    low, high = numbers
    return (along >= low) & (along <= high)


def _near_points(numbers: Numbers, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    *places, radius = numbers
    near = np.zeros((len(rows), cols.size), bool)
    for row, col in np.reshape(places, (-1, 2)):
        near |= (rows - row) ** 2 + (cols - col) ** 2 <= radius * radius
    return near


@dataclass(frozen=True)
class SelectionKind:
    """A way to select windows.

    Parameters
    ----------
    place : {"cloud", "image", "axis"}
        Where it lies.
    n_axes : int
    n_numbers : int
        How many numbers it has, at least.
    holds : callable
        From the numbers and the positions of windows, float64, to bool of the positions' shape.
        Positions are those along its axes; in the image, rows (n_rows, 1) and columns (1, n_cols)
        of the centres.
    n_more : int
        So many numbers more it may have, any number of times.
    """

    place: str
    n_axes: int
    n_numbers: int
    holds: Callable[..., np.ndarray]
    n_more: int = 0

    def may_have(self, n_numbers: int) -> bool:
        """Whether it may have so many numbers."""
        more = n_numbers - self.n_numbers
        return more == 0 or (self.n_more > 0 and more > 0 and more % self.n_more == 0)


KINDS = {
    "box": SelectionKind("cloud", 2, 4, _in_box),
    "lasso": SelectionKind("cloud", 2, 6, _in_lasso, n_more=2),
    "beyond": SelectionKind("cloud", 2, 4, _beyond),
    "interval": SelectionKind("axis", 1, 2, _in_interval),
    "rectangle": SelectionKind("image", 0, 4, _in_box),
    "point": SelectionKind("image", 0, 3, _near_points, n_more=2),
}


@dataclass(frozen=True)
class Selection:
    """A part of the cloud, of the image or of an axis.

    Parameters
    ----------
    kind : {"box", "lasso", "beyond", "interval", "rectangle", "point"}
        One of :data:`KINDS`. ``box``, ``lasso`` and ``beyond`` lie in the plane of two axes,
        ``interval`` on one, ``rectangle`` and ``point`` in the image.
    axes : tuple of str
        Two, one or none.
    numbers : tuple of float
        ``box``: left, bottom, right, top. ``lasso``: x and y of each corner in turn.
        ``beyond``: middle along x and y, half the width and half the height of an ellipse that
        windows lie outside of.
        ``interval``: low and high.
        ``rectangle``: top, left, bottom, right in pixels. ``point``: row and column of one or more
        pixels in turn, then the radius around them, in pixels. Windows lie where their centres lie.
    """

    kind: str
    axes: tuple[str, ...]
    numbers: Numbers

    @property
    def is_in_image(self) -> bool:
        """Whether it is a place in the image rather than in PC space."""
        return KINDS[self.kind].place == "image"

    def windows(self, cloud: Cloud) -> np.ndarray:
        """Return which windows of an image it holds: bool (n_rows, n_cols)."""
        places = cloud.centres if self.is_in_image else map(cloud.along, self.axes)
        return KINDS[self.kind].holds(self.numbers, *(place.astype(float) for place in places))

    @property
    def corners(self) -> np.ndarray:
        """Corners of a lasso, of shape (n, 2)."""
        return np.reshape(self.numbers, (-1, 2))

    def __str__(self) -> str:
        numbers = ",".join(f"{number:.{DIGITS}g}" for number in self.numbers)
        return ":".join([self.kind, ",".join(self.axes), numbers])

    @classmethod
    def parse(cls, text: str, axes: tuple[str, ...]) -> "Selection | None":
        """Read what ``str`` wrote; None if it is empty.

        Parameters
        ----------
        text : str
        axes : tuple of str
            Axes that there are.

        Raises
        ------
        ParameterError
            If it is no selection in a space with these axes.
        """
        if not text:
            return None
        kind, named, numbers = [*text.split(":"), "", ""][:3]
        try:
            found = cls(kind, tuple(filter(None, named.split(","))), _floats(numbers))
        except ValueError:
            found = cls("", (), ())
        if not found._is_sound(axes):
            raise ParameterError(f"{text!r} is no selection; select windows in the cloud or image")
        return found

    def _is_sound(self, axes: tuple[str, ...]) -> bool:
        kind = KINDS.get(self.kind)
        return (
            kind is not None
            and len(self.axes) == kind.n_axes
            and set(self.axes) <= set(axes)
            and kind.may_have(len(self.numbers))
            and bool(np.isfinite(self.numbers).all())
            and (self.kind != "beyond" or min(self.numbers[2:]) > 0)
        )


def _floats(text: str) -> Numbers:
    return tuple(float(number) for number in text.split(","))
