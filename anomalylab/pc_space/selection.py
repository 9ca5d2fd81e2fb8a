"""What was selected, in the cloud or in the image, as a short text and as windows of an image."""

from dataclasses import dataclass

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.pc_space import cloud as clouds
from anomalylab.pc_space.cloud import Cloud

IN_CLOUD = ("box", "lasso", "beyond")
IN_IMAGE = ("rectangle", "point")
ON_AXIS = ("interval",)
LENGTHS = {"box": 4, "beyond": 4, "rectangle": 4, "point": 3, "interval": 2}
"""Numbers of each kind; a lasso has any number of pairs from three on."""

DIGITS = 5


@dataclass(frozen=True)
class Selection:
    """A part of the cloud, of the image or of an axis.

    Parameters
    ----------
    kind : {"box", "lasso", "beyond", "rectangle", "point", "interval"}
        ``box``, ``lasso`` and ``beyond`` lie in the plane of two axes, ``interval`` on one,
        ``rectangle`` and ``point`` in the image.
    axes : tuple of str
        Two, one or none.
    numbers : tuple of float
        ``box``: left, bottom, right, top. ``lasso``: x and y of each corner in turn.
        ``beyond``: middle along x and y, half the width and half the height of an ellipse that
        windows lie outside of.
        ``rectangle``: top, left, bottom, right in pixels. ``point``: row, column and radius in
        pixels. ``interval``: low and high.
    """

    kind: str
    axes: tuple[str, ...]
    numbers: tuple[float, ...]

    @property
    def is_in_image(self) -> bool:
        """Whether it is a place in the image rather than in PC space."""
        return self.kind in IN_IMAGE

    def windows(self, cloud: Cloud) -> np.ndarray:
        """Return which windows of an image it holds: bool (n_rows, n_cols)."""
        if self.kind == "box":
            left, bottom, right, top = self.numbers
            return clouds.in_box(cloud, self.axes[0], self.axes[1], (left, bottom, right, top))
        if self.kind == "lasso":
            return clouds.in_polygon(cloud, self.axes[0], self.axes[1], self.corners)
        if self.kind == "beyond":
            return clouds.beyond(cloud, self.axes[0], self.axes[1], self.numbers)  # type: ignore[arg-type]
        if self.kind == "interval":
            return clouds.in_interval(cloud, self.axes[0], self.numbers[0], self.numbers[1])
        within = clouds.in_rectangle if self.kind == "rectangle" else clouds.near_pixel
        return within(cloud, *self.numbers)

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
        n = len(self.numbers)
        is_complete = n == LENGTHS.get(self.kind, 0) or (
            self.kind == "lasso" and n >= 6 and n % 2 == 0
        )
        n_axes = 2 if self.kind in IN_CLOUD else int(self.kind in ON_AXIS)
        return (
            bool(self.kind in (*IN_CLOUD, *IN_IMAGE, *ON_AXIS))
            and is_complete
            and len(self.axes) == n_axes
            and set(self.axes) <= set(axes)
            and bool(np.isfinite(self.numbers).all())
            and (self.kind != "beyond" or min(self.numbers[2:]) > 0)
        )


def _floats(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(","))
