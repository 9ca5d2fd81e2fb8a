"""What a reader has chosen in the explorer of PC space."""

from collections import Counter
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import pandas as pd
import param

from anomalylab.apps.kit.state import AppState
from anomalylab.apps.pc_space.clouds import deviation
from anomalylab.pc_space.cloud import RESIDUAL, axes_of
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pc_space.selection import Selection
from anomalylab.plots.style import class_names

ALL = "all"
ORDERS = ("highest score first", "by name")
ONE = "this image"
SEVERAL = ("the highest scores", "normal images", "anomalous images")
MOST_IMAGES = 80
PICTURE, BAND, RESIDUALS, ODDS = "picture", "one band", "distance from PC space", "odds"
DEFECT = "defect"
FAR_OUT = 3
"""Standard deviations beyond which windows are lit up at first."""

LAYERS = ("normal ground", "ellipses", DEFECT, "histogram grid", ODDS)


class PCSpaceState(AppState):
    """Image, axes, layers and selection.

    Parameters
    ----------
    pc : PCSpace
    """

    in_address = (
        "score",
        "show",
        "order",
        "sample_id",
        "of",
        "n_images",
        "x",
        "y",
        "layers",
        "see",
        "brush",
        "select",
        "window",
        "along",
    )

    score: Any = param.Selector(
        check_on_set=True,
        doc="What orders the images; higher is odder. odds and forest learned from labels of "
        "images. residual: distance from PC space; mahalanobis: distance from its origin; "
        "outside: share of windows beyond the ellipse of normal ones.",
    )
    show: Any = param.Selector(
        default=ALL, objects=[ALL], doc="Offers only normal or only anomalous images above."
    )
    order: Any = param.Selector(
        default=ORDERS[0], objects=list(ORDERS), doc="Of the images offered."
    )
    sample_id: Any = param.Selector(
        check_on_set=True, doc="The image on the right. The arrow keys go to the next one."
    )
    of: Any = param.Selector(
        default=ONE,
        objects=[ONE],
        doc="Whose windows are the points: those of the image on the right, or of many images at "
        "once.",
    )
    n_images = param.Integer(
        default=24,
        bounds=(2, MOST_IMAGES),
        doc="How many images are shown at once. Each is some 125 000 points for 230 x 630 pixels.",
    )
    x: Any = param.Selector(
        check_on_set=True,
        doc="PC1 is the direction in which windows of normal images vary most, PC2 the next one. "
        "The residual is what no component explains.",
    )
    y: Any = param.Selector(
        check_on_set=True,
        doc="As for the horizontal axis. With the residual, windows that look like nothing normal "
        "rise to the top.",
    )
    layers = param.ListSelector(
        default=["normal ground", "ellipses"],
        objects=list(LAYERS),
        check_on_set=True,
        doc="Normal ground: where windows of normal training images lie. Ellipses: their 1, 2, 3 "
        "standard deviations. Defect: windows that touch the true defect, in red. Histogram grid: "
        "the bins that describe an image to the classifier. Odds: red where windows speak for a "
        "defect, blue where against.",
    )
    see: Any = param.Selector(
        default=PICTURE,
        objects=[PICTURE, BAND, RESIDUALS, ODDS],
        doc="The picture itself; the one band of it that windows are cut from; how far each window "
        "is from PC space; or how the classifier weighs each window.",
    )
    brush = param.Integer(
        default=6, bounds=(0, 40), doc="Radius in pixels of a click in the image; 0 is one window."
    )
    select = param.String(default="", doc="Windows selected, in the cloud, the image or on an axis")
    window = param.String(default="", doc="Row and column of the window pointed at")
    along: Any = param.Selector(
        check_on_set=True, doc="The axis that is swept from one end to the other."
    )

    def __init__(self, pc: PCSpace):
        super().__init__()
        self.pc = pc
        self.axes = axes_of(pc.space.n_components)
        self.param["score"].objects = pc.run.detectors
        self.score = pc.run.detectors[0]
        self._scored = cache(partial(_scored, pc))
        self._short = unique_ends(pc.at_hand["sample_id"])
        classes = [name for name in ("normal", "anomalous", "unknown") if self._has(name)]
        self.param["show"].objects = [ALL, *classes]
        groups = [name for name in SEVERAL[1:] if self._has(name.removesuffix(" images"))]
        self.param["of"].objects = [ONE, SEVERAL[0], *groups]
        for name in ("x", "y", "along"):
            self.param[name].objects = list(self.axes)
        self.param.update(x=self.axes[0], y=self.axes[1], along=self.axes[0])
        self.param.watch(self._offer, ["show", "order", "score"])
        self._offer()
        self.sample_id = self._first()
        if self.score == RESIDUAL:
            self.y = RESIDUAL
        self.select_far_out()

    @property
    def table(self) -> pd.DataFrame:
        """The images by name, with their class and the score that was chosen."""
        return self._scored(self.score)

    @property
    def selection(self) -> Selection | None:
        """What is selected, or None."""
        return Selection.parse(self.select, self.axes)

    @property
    def is_of_several(self) -> bool:
        """Whether the cloud shows more than the image on the right."""
        return self.of != ONE

    @property
    def has_residual(self) -> bool:
        """Whether an axis is no component."""
        return RESIDUAL in (self.x, self.y)

    @property
    def pair(self) -> tuple[int, int] | None:
        """Components on the axes, counted from 0; None if one is the residual."""
        if self.has_residual:
            return None
        return self.axes.index(self.x), self.axes.index(self.y)

    @property
    def row(self) -> pd.Series:
        """What is known of the image on the right."""
        return self.table.loc[self.sample_id]

    @property
    def window_place(self) -> tuple[int, int] | None:
        """Row and column of the window pointed at, or None."""
        return _place(self.window) if self.window else None

    def select_far_out(self, *_) -> None:
        """Select the windows that lie beyond three standard deviations of normal ones."""
        named = (self.x, self.y)
        middles = [self.pc.residual[0] if axis == RESIDUAL else 0.0 for axis in named]
        spreads = [
            self.pc.residual[1] if axis == RESIDUAL else deviation(self.pc, axis) for axis in named
        ]
        ellipse = (*middles, *(FAR_OUT * spread for spread in spreads))
        is_round = self.x != self.y and min(spreads) > 0
        if is_round:
            self.choose("beyond", named, ellipse)
        else:
            self.param.update(select="", window="")

    def choose(self, kind: str, axes: tuple[str, ...], numbers: Iterable[float]) -> None:
        """Select windows by a :class:`Selection` of these parts, and point at none."""
        selection = Selection(kind, axes, tuple(float(number) for number in numbers))
        self.param.update(select=str(selection), window="")

    def short(self, sample_id: str) -> str:
        """Return the end of a name, as much of it as no other image shares."""
        return self._short[sample_id]

    def offered(self) -> pd.DataFrame:
        """Return the images to choose from, in the order asked for."""
        table = self.table
        if self.show != ALL:
            table = table[table["class"] == self.show]
        if self.order == ORDERS[0]:
            return table.sort_values("score", ascending=False, kind="stable")
        return table.sort_index()

    def cloud_of(self) -> list[str]:
        """Return the names of the images whose windows are the points."""
        if not self.is_of_several:
            return [self.sample_id]
        table = self.table
        if self.of != SEVERAL[0]:
            table = table[table["class"] == self.of.removesuffix(" images")]
        return list(table.nlargest(self.n_images, "score").index)

    def step(self, steps: int) -> None:
        """Go to a later or an earlier image; from the last to the first."""
        names = list(self.param["sample_id"].objects)
        self.sample_id = names[(names.index(self.sample_id) + steps) % len(names)]

    def makes_sense(self, name: str, value: Any) -> bool:
        """Whether a value means something here: a selection, a window of the image."""
        if name == "select":
            Selection.parse(str(value), self.axes)
        if name == "window" and value:
            rows, cols = self.pc.cloud(self.sample_id).shape
            row, col = _place(str(value))
            return 0 <= row < rows and 0 <= col < cols
        return super().makes_sense(name, value)

    def _has(self, name: str) -> bool:
        return bool((self.table["class"] == name).any())

    def _first(self) -> str:
        """Return the image to begin with: the highest score of a test image with a defect."""
        table = self.offered()
        is_defective = (table["class"] == "anomalous") & (table["split"] == "test")
        return str(next(iter([*table.index[is_defective], *table.index])))

    def _offer(self, *_) -> None:
        names = list(self.offered().index)
        self.param["sample_id"].objects = {self.short(name): name for name in names}
        if self.sample_id not in names:
            self.sample_id = names[0]


def _place(text: str) -> tuple[int, int]:
    row, col = (int(number) for number in text.split(","))
    return row, col


def unique_ends(names: Iterable[str]) -> dict[str, str]:
    """Return for each path its last parts, as many as tell it from all others."""
    short: dict[str, str] = {}
    left, n_parts = list(names), 1
    while left:
        ends = ["/".join(name.split("/")[-n_parts:]) for name in left]
        counts = Counter([*ends, *short.values()])
        for name, end in zip(left, ends, strict=True):
            if counts[end] == 1 or end == name:
                short[name] = end
        left, n_parts = [name for name in left if name not in short], n_parts + 1
    return short


def _scored(pc: PCSpace, score: str) -> pd.DataFrame:
    """Return the samples by name, with their class and one of the scores."""
    table = pc.at_hand.set_index("sample_id", drop=False)
    table = table.assign(score=pc.scores(score).reindex(table.index))
    return table.assign(**{"class": class_names(table["label"])})
