"""What a person has dialled, trained and looked at in the live view of twins."""

from typing import Any

import pandas as pd
import param

from anomalylab import synthesise
from anomalylab.apps.kit.state import AppState
from anomalylab.recipes.tuned_twins.bench import UNTOUCHED, Bench
from anomalylab.recipes.tuned_twins.comparison import types_like
from anomalylab.recipes.tuned_twins.seen import Seen
from anomalylab.recipes.tuned_twins.trial import DONE, FAILED, STOPPED, Course, Trial
from anomalylab.synthesise.place import PLACES
from anomalylab.synthesise.stroke import COLOURS
from anomalylab.synthesise.twin import TwinOptions, options_of
from anomalylab.training.losses import NAMES

DIALS = ("kind", "place", "length", "width", "colour", "contrast", "scale")
"""Parameters that make up the twins."""

COURSE = ("loss", "epochs", "n_images")

MINE, PUBLISHED, GOOD = "twins", "untouched", "good"
"""Images that can be judged without a look at anything that is known of defects."""

LABELLED = "labelled:"


class TwinsState(AppState):
    """The dials, the training, and the images that are judged.

    Parameters
    ----------
    bench : Bench
    preset : str
        Of the detector that trains.
    """

    in_address = ("looked", *DIALS, "seed", *COURSE, "judged", "of", "chosen")

    looked = param.List(
        default=[],
        item_type=str,
        doc="Types of defects that something was seen of, beside twins like those at the start; "
        "whoever opens the page anew has seen them.",
    )

    kind: Any = param.Selector(
        check_on_set=True,
        doc="What the twins' defect is: a line, a stroke of a brush, a pasted piece of the image "
        "(cutpaste), a turned strip of it (scar), patches of a foreign texture (draem), or one of "
        "those that are planted elsewhere.",
    )
    place: Any = param.Selector(
        default="anywhere",
        objects=list(PLACES),
        check_on_set=True,
        doc="Where it begins: anywhere, on the object, or on an edge of it. The object is told by "
        "steps in brightness.",
    )
    length = param.Range(
        default=(0, 45),
        bounds=(0, 120),
        step=1,
        doc="Shortest and longest, in pixels of an image of 224 x 224; of a line down and across.",
    )
    width = param.Range(
        default=(1, 16),
        bounds=(1, 40),
        step=1,
        doc="Narrowest and widest, in pixels of an image of 224 x 224.",
    )
    colour: Any = param.Selector(
        default="any", objects=list(COLOURS), check_on_set=True, doc="Any colour, or greys only."
    )
    contrast = param.Number(
        default=1.0,
        bounds=(0.05, 1),
        step=0.05,
        doc="How opaque the defect is: 1 covers, less lets the surface shine through.",
    )
    scale = param.Number(
        default=1.0, bounds=(0.25, 3), step=0.05, doc="Factor on the size of the defect."
    )
    seed = param.Integer(default=0, bounds=(0, None), doc="Draws the places, sizes and colours.")
    loss: Any = param.Selector(
        default="arcface",
        objects=list(NAMES),
        check_on_set=True,
        doc="How images and twins are told apart; the margin losses (arcface, cosface, sphereface) "
        "ask for a gap between the two.",
    )
    epochs = param.Integer(
        default=5, bounds=(1, 60), doc="Passes over the images; more take longer and learn more."
    )
    n_images = param.Integer(default=60, bounds=(2, 400), doc="Good images that are learnt from.")
    judged: Any = param.Selector(
        check_on_set=True,
        doc="Images that both trainings judge. To look at labelled defects is to use them: their "
        "type is then left out of the comparison.",
    )
    of: Any = param.Selector(
        default="logit",
        objects=["logit", "distance"],
        check_on_set=True,
        doc="Heat shows what raises the score of being a twin, or the distance to the nearest good "
        "image. There may be none: then no cell raises it.",
    )
    chosen = param.String(default="", doc="Image shown large; none if empty.")
    tick = param.Integer(default=0, doc="How often the training or comparison moved on")
    n_undo = param.Integer(default=0, doc="Changes of the dials that can be taken back")

    def __init__(self, bench: Bench, preset: str):
        super().__init__()
        self.bench, self.preset, self.seen = bench, preset, Seen()
        self.material = bench.material
        self.trained: Trial | None = None
        self.known: frozenset[str] = frozenset()
        self._past: list[dict[str, Any]] = []
        self._at_start = frozenset(types_like(UNTOUCHED.kind))
        self.param["kind"].objects = list(synthesise.registry)
        self.param["judged"].objects = [
            MINE,
            PUBLISHED,
            GOOD,
            *(LABELLED + name for name in self.material.types),
        ]
        most = len(self.material.learn)
        self.param["n_images"].bounds = (2, max(2, most))
        self.param.update(kind=UNTOUCHED.kind, judged=MINE, n_images=min(self.n_images, most))
        self._now = self._dials()
        self._note_kind()
        self._is_set = False
        self.param.watch(self._note_past, "looked")  # before dials, which are then known to be late
        self.param.watch(self._note_change, list(DIALS))  # before all others: it sets sizes
        self.param.watch(lambda *_: self.seen.choose(), list(COURSE))
        self.param.watch(self._note_look, "judged")

    def makes_sense(self, name: str, value: Any) -> bool:
        """Whether a value means something here: bounds that do not fall."""
        if name in ("length", "width"):
            return isinstance(value, tuple) and len(value) == 2 and value[0] <= value[1]
        return super().makes_sense(name, value)

    def has(self, option: str) -> bool:
        """Whether the kind of defect has an option, as ``length``."""
        return option in options_of(self.kind)

    @property
    def options(self) -> TwinOptions:
        """The twins that the dials stand for."""
        own = options_of(self.kind)
        bounds = {
            name: None if name not in own or value == own[name] else value
            for name in ("length", "width")
            for value in [_whole(getattr(self, name))]
        }
        return TwinOptions(
            kind=self.kind,
            place=self.place if "centre" in own else PLACES[0],
            colour=self.colour if "colour" in own else "any",
            contrast=round(self.contrast, 3),
            scale=round(self.scale, 3),
            **bounds,
        )

    @property
    def course(self) -> Course:
        """The training that the dials stand for."""
        return Course(
            preset=self.preset, loss=self.loss, epochs=self.epochs, n_images=self.n_images
        )

    @property
    def is_untouched(self) -> bool:
        """Whether the dials are as published."""
        return self.options == UNTOUCHED

    @property
    def trials(self) -> tuple[Trial, Trial]:
        """The trial of the dials, and that of the untouched twins."""
        return self.bench.pair(self.options, self.course)

    @property
    def comparison(self) -> pd.DataFrame | None:
        """How the last training of tuned twins compares, once that is known."""
        return self.bench.comparison(self.trained, self.known) if self.trained else None

    def begin(self) -> None:
        """Train both, or go on."""
        self.known = self.seen.known
        self.bench.start(self.options, self.course)
        self.tick += 1

    def begin_comparison(self) -> None:
        """Compare what was trained last with the untouched twins."""
        if self.trained is not None:
            self.bench.start_comparison(self.trained, self.known)
        self.tick += 1

    def move_on(self) -> None:
        """Take up what the training or comparison has come to."""
        mine, _ = self.trials
        if mine.status == DONE and self.trained is not mine:
            self.trained = mine
        comparison = self.comparison
        for name in () if comparison is None else comparison["type"]:
            self._look(name, "you saw how well it is found")
        self.tick += 1

    def can_train(self) -> bool:
        """Whether there is something to train."""
        return not self.bench.is_running and any(one.status != DONE for one in self.trials)

    def can_compare(self) -> bool:
        """Whether tuned twins were trained beside untouched ones, and not compared yet."""
        mine, untouched = self.trained, self.trials[1]
        both = mine is not None and mine is not untouched and untouched.judge is not None
        return both and self.comparison is None

    def is_broken_off(self) -> bool:
        """Whether a training was begun and not ended."""
        return any(one.status in (STOPPED, FAILED) for one in self.trials)

    def undo(self) -> None:
        """Take the last change of the dials back."""
        if self._past:
            self._set(self._past.pop())

    def take_untouched(self) -> None:
        """Turn all dials to what was published; this can be undone."""
        if not self.is_untouched:
            self._past.append(self._now)
            own = options_of(UNTOUCHED.kind)
            self._set(
                {
                    **{name: getattr(UNTOUCHED, name) for name in DIALS},
                    **{name: own[name] for name in ("length", "width")},
                }
            )

    def _set(self, dials: dict[str, Any]) -> None:
        self._is_set = True
        try:
            self.param.update(**dials)
        finally:
            self._is_set = False
        self._now = dict(dials)
        self.n_undo = len(self._past)

    def _dials(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in DIALS}

    def _note_change(self, *events) -> None:
        """Take sizes that another kind has for its own, and note what was changed."""
        self._note_kind()
        if self._is_set:
            return
        if self.kind != self._now["kind"]:
            own, given = options_of(self.kind), {event.name for event in events}
            usual = {n: own[n] for n in ("length", "width") if n in own and n not in given}
            self._is_set = True
            try:
                self.param.update(**usual)
            finally:
                self._is_set = False
        dials = self._dials()
        if dials != self._now:
            self._past.append(self._now)
            self._now = dials
            self.n_undo = len(self._past)

    def _note_kind(self) -> None:
        for name in types_like(self.kind):
            self._look(name, f"twins that were shown look like it ({self.kind})")
        self.seen.choose()

    def _note_look(self, *_) -> None:
        if self.judged.startswith(LABELLED):
            self._look(self.judged.removeprefix(LABELLED), "you looked at labelled images")

    def _note_past(self, *_) -> None:
        for name in self.looked:
            self.seen.look(name, "you had seen it when you opened this page anew")

    def _look(self, name: str, how: str) -> None:
        """Note a look, in the address too, so that it is not forgotten with the page."""
        self.seen.look(name, how)
        if name not in (*self._at_start, *self.looked):
            self.looked = [*self.looked, name]


def _whole(bounds: tuple[float, float]) -> tuple[int, int]:
    return round(bounds[0]), round(bounds[1])
