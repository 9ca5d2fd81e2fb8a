"""The controls of the live view of twins, in the order in which one decides."""

from collections.abc import Callable
from typing import Any, ClassVar

import panel as pn

from anomalylab.apps.kit.controls import control, says
from anomalylab.apps.twins import words
from anomalylab.apps.twins.state import COURSE, DIALS, TwinsState

WIDTH = 270

AT_ONCE = 5
"""Milliseconds in which moves of a dial are gathered; pictures follow in a tenth of a second."""


class _Dial(pn.widgets.FloatSlider):
    """A slider whose moves are taken up at once rather than after 50 ms."""

    _debounce: ClassVar[int] = AT_ONCE


class _Range(pn.widgets.IntRangeSlider):
    """A slider of two ends whose moves are taken up at once rather than after 50 ms."""

    _debounce: ClassVar[int] = AT_ONCE


class TwinsControls:
    """A narrow column of widgets: dials, then the training.

    Parameters
    ----------
    state : TwinsState
    begin, stop : callable
        Called when a training is wanted, and when it is to end.
    """

    def __init__(self, state: TwinsState, begin: Callable[[], None], stop: Callable[[], None]):
        self.state = state
        of, widgets = state.param, pn.widgets
        kinds = {words.kind_words(kind): kind for kind in of["kind"].objects}
        self._own = {
            "place": control(of["place"], "Where", widgets.Select),
            "length": control(of["length"], "Length, pixels of 224", _Range),
            "width": control(of["width"], "Width, pixels of 224", _Range),
            "colour": control(of["colour"], "Colour", widgets.Select),
        }
        self.more, self.undo, self.back = (
            _button(label) for label in ("Draw others", "Take back", "Untouched settings")
        )
        self.train, self.stop = _button("Train both", color="primary"), _button("Stop")
        self.more.on_click(lambda _: self._draw_others())
        self.undo.on_click(lambda _: state.undo())
        self.back.on_click(lambda _: state.take_untouched())
        self.train.on_click(lambda _: begin())
        self.stop.on_click(lambda _: stop())
        self.dials = [
            control(of["kind"], "Defect of your twins", widgets.Select, options=kinds),
            *self._own.values(),
            control(of["contrast"], "Strength", _Dial, step=0.05),
            control(of["scale"], "Size", _Dial, step=0.05),
        ]
        state.param.watch(self.refresh, [*DIALS, *COURSE, "tick", "n_undo"])
        self.refresh()

    def refresh(self, *_) -> None:
        """Show what the kind has, and let be pressed what can be done."""
        state = self.state
        for name, row in self._own.items():
            row.visible = state.has("centre" if name == "place" else name)
        self.undo.disabled = not state.n_undo
        self.back.disabled = state.is_untouched
        self.train.disabled = not state.can_train()
        self.train.label = "Go on training" if state.is_broken_off() else "Train both"
        self.stop.disabled = state.bench.under_way() is None

    def _draw_others(self) -> None:
        self.state.seed += 1

    def column(self) -> pn.Column:
        """Return the column."""
        of, widgets = self.state.param, pn.widgets
        most = of["n_images"].bounds[1]
        return pn.Column(
            *self.dials,
            self.more,
            pn.Row(self.undo, self.back, sizing_mode="stretch_width", margin=0),
            says(self.state, words.dials_words, *DIALS, options=words.SET),
            control(of["epochs"], "Epochs", widgets.IntSlider),
            control(of["n_images"], "Images", widgets.IntSlider, end=most),
            control(of["loss"], "Loss", widgets.Select),
            pn.Row(self.train, self.stop, sizing_mode="stretch_width", margin=0),
            width=WIDTH,
            styles={"flex": f"0 0 {WIDTH}px"},
        )


def _button(label: str, **options: Any) -> pn.widgets.Button:
    return pn.widgets.Button(
        label=label, sizing_mode="stretch_width", margin=(4, 4, 4, 0), **options
    )
