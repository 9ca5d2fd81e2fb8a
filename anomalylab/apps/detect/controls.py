"""The controls of the live view of a run, in the order in which one decides."""

from typing import Any

import panel as pn

from anomalylab.apps.detect import words
from anomalylab.apps.detect.state import DetectState
from anomalylab.apps.kit.controls import control, says
from anomalylab.apps.kit.html import HTML

WIDTH = 260


def detect_controls(state: DetectState) -> pn.Column:
    """Return a narrow column of widgets; all they do is set ``state``."""
    of, widgets = state.param, pn.widgets
    clear = widgets.Button(label="Show all images", sizing_mode="stretch_width", margin=(4, 0))
    clear.on_click(lambda _: state.clear_filters())
    has_properties = bool(of["where"].objects)
    return pn.Column(
        control(of["detector"], "Detector", widgets.Select),
        control(of["rule"], "Threshold from", widgets.Select),
        threshold_slider(state),
        says(state, words.counts_words, "detector", "threshold", "rule", options=words.SET),
        control(of["show"], "Images listed", widgets.Select),
        control(of["where"], "With the properties", widgets.MultiChoice)
        if has_properties
        else None,
        control(of["find"], "Name holds", widgets.TextInput, placeholder="part of a file name"),
        control(of["order"], "Order", widgets.Select),
        clear,
        control(of["opacity"], "Opacity of maps", widgets.FloatSlider, step=0.05),
        HTML(words.map_legend(state.run.map_ramp), **words.SET),
        control(of["colour_by"], "Colour of points", widgets.Select),
        width=WIDTH,
        styles={"flex": f"0 0 {WIDTH}px"},
    )


def threshold_slider(state: DetectState) -> pn.Row:
    """Return a slider of the threshold that goes as far as the histogram."""
    row = control(state.param["threshold"], "Threshold", pn.widgets.FloatSlider, format="0[.]000")
    slider: Any = row[0]

    def fit(*_) -> None:
        low, high, _ = state.axis
        step = (high - low) / 400 or 1.0
        slider.param.update(start=low, end=high, step=step, value=state.threshold)

    state.param.watch(fit, "axis")
    fit()
    return row
