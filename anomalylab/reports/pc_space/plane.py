"""A square part of PC space as a drawing: a raster on dark ground, origin, ellipses, scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import minus
from anomalylab.pc_space.cloud import Cloud
from anomalylab.pc_space.histogram import histogram
from anomalylab.pc_space.selection import Selection
from anomalylab.pictures.encode import data_url
from anomalylab.pictures.shading import FAINTEST, colour_table
from anomalylab.reports.kit.charts import nice_ticks, svg_text

SIDE, LEFT, BOTTOM, EDGE = 360, 46, 40, 14
SIGMAS = (1, 2, 3)


@dataclass(frozen=True)
class PlaneDrawing:
    """Two axes of PC space from ``-limit`` to ``limit``, with the spread of the normal windows.

    Parameters
    ----------
    limit : float
        Half the width of what is shown.
    axes : tuple of str
        Names of the horizontal and the vertical axis.
    sigmas : tuple of float
        Standard deviations of the normal training windows along the axes.
    """

    limit: float
    axes: tuple[str, str]
    sigmas: tuple[float, float]

    def along(self, cloud: Cloud) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the windows of an image along the two axes."""
        return cloud.along(self.axes[0]), cloud.along(self.axes[1])

    def raster(self, x: np.ndarray, y: np.ndarray, side: int) -> np.ndarray:
        """Count points in cells of equal size: int64 (side, side), first axis x.

        Points outside of the frame are not counted.
        """
        return histogram(x, y, side, self.limit)[0]

    def outside(self, cloud: Cloud, sigma: float = SIGMAS[-1]) -> np.ndarray:
        """Return which windows of an image lie outside of an ellipse of the normal windows."""
        across, up = (sigma * deviation for deviation in self.sigmas)
        return Selection("beyond", self.axes, (0, 0, across, up)).windows(cloud)

    def small(self, png: bytes, alt: str) -> Markup:
        """Draw a raster with ellipses and without words, to stand beside others."""
        return Markup(
            '<svg class="al-plane" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">{2}{3}</svg>'
        ).format(SIDE, alt, _raster(png), self._ellipses())

    def large(self, png: bytes, alt: str, over: Sequence[Markup] = ()) -> Markup:
        """Draw a raster with named axes, marks, and what is to be drawn over it.

        Parameters
        ----------
        png : bytes
        alt : str
        over : sequence of Markup
            SVG elements in the coordinates of :meth:`at`.
        """
        return Markup(
            '<svg class="al-plane" viewBox="{} {} {} {}" role="img" aria-label="{}">{}{}{}{}</svg>'
        ).format(
            -LEFT,
            -EDGE,
            SIDE + LEFT + EDGE,
            SIDE + BOTTOM + EDGE,
            alt,
            _raster(png),
            self._ellipses(),
            Markup("").join(over),
            self._marks(),
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies in the drawing, whose upper left corner is (0, 0)."""
        half = SIDE / 2
        return round(half + x / self.limit * half, 2), round(half - y / self.limit * half, 2)

    def _ellipses(self) -> Markup:
        shape = Markup('<ellipse class="al-sigma" cx="{0}" cy="{0}" rx="{1}" ry="{2}"/>')
        half = SIDE / 2
        radii = [[n * s / self.limit * half for s in self.sigmas] for n in SIGMAS]
        cross = Markup('<path class="al-origin" d="M0 {0}H{1}M{0} 0V{1}"/>').format(half, SIDE)
        parts = [shape.format(half, round(rx, 2), round(ry, 2)) for rx, ry in radii]
        inside = Markup("").join([cross, *parts])
        return Markup('<svg width="{0}" height="{0}">{1}</svg>').format(SIDE, inside)

    def _marks(self) -> Markup:
        parts = []
        for value in nice_ticks(self.limit, 3):
            for signed in {value, -value}:
                x, y = self.at(signed, signed)
                words = minus(f"{signed:g}")
                parts.append(svg_text(x, SIDE + 16, "middle", words))
                parts.append(svg_text(-7, y + 4, "end", words))
        parts.append(svg_text(SIDE, SIDE + 34, "end", f"{self.axes[0]} →"))
        up = Markup('<text x="0" y="-34" text-anchor="end" transform="rotate(-90)">{} →</text>')
        return Markup("").join([*parts, up.format(self.axes[1])])


def legend(palette: str, words: Sequence[str], *, is_signed: bool = False) -> Markup:
    """Show the colours of a palette with words at its start, its end and, of three, its middle.

    Parameters
    ----------
    palette : str
    words : sequence of str
        Evenly spaced along the colours.
    is_signed : bool
        Whether the colours are those of signed values, which use the whole palette.
    """
    table = colour_table(palette)[0 if is_signed else FAINTEST :]
    stops = [table[round(i)] for i in np.linspace(0, len(table) - 1, 12)]
    colours = ",".join("#{:02x}{:02x}{:02x}".format(*stop) for stop in stops)
    spans = Markup(" ").join(Markup("<span>{}</span>").format(word) for word in words)
    return Markup(
        '<div class="al-scale"><i style="background:linear-gradient(90deg,{})"></i><div>{}</div>'
        "</div>"
    ).format(colours, spans)


def _raster(png: bytes) -> Markup:
    return Markup(
        '<rect class="al-plane-ground" width="{0}" height="{0}"/>'
        '<image href="{1}" width="{0}" height="{0}" preserveAspectRatio="none"/>'
    ).format(SIDE, data_url(png))
