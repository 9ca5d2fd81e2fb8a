"""The controls of the live view of a study, in the order in which one decides."""

from typing import Any

import panel as pn
import param

from anomalylab.apps.kit.controls import control
from anomalylab.apps.study.state import StudyState
from anomalylab.metrics.in_studies import told

WIDTH = 260
THRESHOLDS = {"5": "5 % of false alarms", "1": "1 % of false alarms", "verdict": "the verdict"}


def study_controls(state: StudyState) -> pn.Column:
    """Return a narrow column of widgets; all they do is set ``state``."""
    of, widgets = state.param, pn.widgets
    select = widgets.Select
    parts: list[Any] = [
        control(of["product"], "Product", select) if len(of["product"].objects) > 1 else None,
        _named(of["at"], "Threshold for", THRESHOLDS),
        control(of["detector"], "Detector", select),
        _shares(of["level"], "Defective") if state.study.levels else None,
    ]
    if state.study.refined_at:
        parts += [
            control(of["strategy"], "Removed by", select),
            _shares(of["refined"], "Defective before") if len(of["refined"].objects) > 1 else None,
            _shares(of["reject"], "Removed"),
            _named(of["metric"], "Measured by", {n: told(n).title for n in of["metric"].objects}),
        ]
    parts += [control(of["group"], "Images listed", select), control(of["draw"], "Draw", select)]
    return pn.Column(
        *[part for part in parts if part is not None],
        width=WIDTH,
        styles={"flex": f"0 0 {WIDTH}px"},
    )


def _named(parameter: param.Parameter, label: str, names: dict[str, str]) -> pn.Row:
    """Return a choice whose values are told by names."""
    options = {names.get(value, str(value)): value for value in parameter.objects}
    return control(parameter, label, pn.widgets.Select, options=options)


def _shares(parameter: param.Parameter, label: str) -> pn.Row:
    """Return a slider over the shares that the study has."""
    options = {f"{100 * share:g} %": share for share in parameter.objects}
    return control(parameter, label, pn.widgets.DiscreteSlider, options=options)
