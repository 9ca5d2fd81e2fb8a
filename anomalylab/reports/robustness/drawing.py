"""A plane with one length a unit on both axes: points, ellipses and their names, as SVG."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import minus
from anomalylab.reports.kit.charts import svg_text
from anomalylab.studies.robustness import Contours
from anomalylab.studies.robustness.contours import SIGMAS, Plane

LEAST, MOST = 0.4, 0.85
"""Between which heights a drawing keeps to the shape of the data, as shares of its width."""

LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 44
PAD = 0.04
N_MARKS = 6
"""Marks on the axis along, about."""


class _Place:
    """Where a point of the plane lies in the drawing."""

    def __init__(self, points: np.ndarray, width: int):
        self.width = width
        low, high = points.min(axis=0), points.max(axis=0)
        span = np.maximum(high - low, 1e-12) * (1 + 2 * PAD)
        inner = width - LEFT - RIGHT
        self.height = inner * float(np.clip(span[1] / span[0], LEAST, MOST)) + TOP + BOTTOM
        self.scale = min(inner / span[0], (self.height - TOP - BOTTOM) / span[1])
        middle = (low + high) / 2
        self.left = middle[0] - inner / 2 / self.scale
        self.top = middle[1] + (self.height - TOP - BOTTOM) / 2 / self.scale
        self.right = self.left + inner / self.scale
        self.bottom = self.top - (self.height - TOP - BOTTOM) / self.scale

    def x(self, value: float) -> float:
        return round(LEFT + (value - self.left) * self.scale, 1)

    def y(self, value: float) -> float:
        return round(TOP + (self.top - value) * self.scale, 1)

    def path(self, points: np.ndarray) -> str:
        return "M" + "L".join(f"{self.x(x)} {self.y(y)}" for x, y in points) + "Z"


def draw(drawn: Contours, ids: Sequence[str], axes: tuple[str, str], width: int) -> Markup:
    """Draw images by status, and the contours of both Gaussians at 1, 2 and 3 deviations.

    Parameters
    ----------
    drawn : Contours
    ids : sequence of str
        Names of the images, told when one is pointed at.
    axes : (str, str)
        What goes along and up.
    width : int
        Of the drawing, in its own units.
    """
    outer = [plane.contour(SIGMAS[-1]) for plane in (drawn.healthy, drawn.polluted)]
    place = _Place(np.concatenate([drawn.points, *outer]), width)
    parts = [_frame(place, axes)]
    parts += [_points(place, drawn, ids, kind) for kind in (False, True)]
    parts += [
        _ellipses(place, drawn.polluted, "al-ellipse-all"),
        _ellipses(place, drawn.healthy, "al-ellipse"),
    ]
    parts.append(_name(place, drawn.polluted, "3 σ of all", is_above=True))
    parts.append(_name(place, drawn.healthy, "3 σ of healthy", is_above=False))
    n_defects = int(drawn.is_defect.sum())
    alt = (
        f"{len(ids)} images, {n_defects} of them defective, along two axes, with the 1, 2 and 3 σ "
        "contours of the Gaussian of healthy images and of all."
    )
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, round(place.height), alt, Markup("").join(parts)
    )


def _points(place: _Place, drawn: Contours, ids: Sequence[str], is_defect: bool) -> Markup:
    circle = Markup(
        '<circle class="al-of-healthy" cx="{}" cy="{}" r="3.2"><title>{}</title></circle>'
    )
    triangle = Markup('<path class="al-of-defects" d="M{} {}l5 8.5h-10Z"><title>{}</title></path>')
    rows = np.flatnonzero(drawn.is_defect == is_defect)
    marks = []
    for i in rows.tolist():
        x, y = place.x(drawn.points[i, 0]), place.y(drawn.points[i, 1])
        mark = (
            triangle.format(x, round(y - 5.5, 1), ids[i])
            if is_defect
            else circle.format(x, y, ids[i])
        )
        marks.append(mark)
    return Markup("").join(marks)


def _ellipses(place: _Place, plane: Plane, look: str) -> Markup:
    path = Markup('<path class="{}" d="{}"/>')
    return Markup("").join(
        path.format(look, place.path(plane.contour(radius))) for radius in SIGMAS
    )


def _name(place: _Place, plane: Plane, words: str, *, is_above: bool) -> Markup:
    """Name the outer contour of a Gaussian at its highest or lowest point."""
    line = plane.contour(SIGMAS[-1])
    x, y = line[line[:, 1].argmax() if is_above else line[:, 1].argmin()]
    down = -4 if is_above else 14
    text = Markup('<text class="al-strong" x="{}" y="{}" text-anchor="middle">{}</text>')
    return text.format(place.x(x), max(place.y(y) + down, TOP + 9), words)


def _frame(place: _Place, axes: tuple[str, str]) -> Markup:
    bottom, line = place.height - BOTTOM, Markup('<path class="al-origin" d="{}"/>')
    parts = [
        line.format(f"M{LEFT} {place.y(0)}H{place.width - RIGHT}"),
        line.format(f"M{place.x(0)} {TOP}V{bottom}"),
    ]
    step = _step(place.right - place.left)
    for value in _marks(place.left, place.right, step):
        parts.append(svg_text(place.x(value), bottom + 16, "middle", minus(f"{value:g}")))
    for value in _marks(place.bottom, place.top, step):
        parts.append(svg_text(LEFT - 6, place.y(value) + 4, "end", minus(f"{value:g}")))
    parts.append(svg_text(place.width - RIGHT, place.height - 6, "end", f"{axes[0]} →"))
    up = Markup('<text x="-{}" y="11" text-anchor="end" transform="rotate(-90)">{} →</text>')
    return Markup("").join([*parts, up.format(TOP, axes[1])])


def _step(span: float) -> float:
    power = 10.0 ** np.floor(np.log10(span / N_MARKS))
    return float(next(f * power for f in (1, 2, 5, 10) if f * power >= span / N_MARKS))


def _marks(low: float, high: float, step: float) -> list[float]:
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [round(i * step, 10) for i in range(first, last + 1)]
