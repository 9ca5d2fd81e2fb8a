"""The controls of the explorer of PC space, in the order in which one decides."""

import panel as pn

from anomalylab.apps.kit.controls import control, says
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.stepper import Stepper
from anomalylab.apps.pc_space import words
from anomalylab.apps.pc_space.state import PCSpaceState

WIDTH = 240


def pc_space_controls(state: PCSpaceState) -> pn.Column:
    """Return a narrow column of widgets; all they do is set ``state``."""
    of, widgets = state.param, pn.widgets
    how_many = control(of["n_images"], "Images at once", widgets.IntSlider, throttled=True)
    how_many.visible = state.is_of_several
    state.param.watch(lambda event: how_many.param.update(visible=state.is_of_several), "of")
    return pn.Column(
        control(of["sample_id"], "Image", widgets.Select),
        stepper(state),
        says(state, words.image_facts, "sample_id", "score"),
        control(of["score"], "Score", widgets.Select),
        control(of["show"], "Offer images", widgets.Select),
        control(of["order"], "Order", widgets.Select),
        control(of["of"], "Cloud of", widgets.Select),
        how_many,
        pn.Row(
            control(of["x"], "Across", widgets.Select),
            control(of["y"], "Up", widgets.Select),
            sizing_mode="stretch_width",
            margin=0,
        ),
        HTML("In the cloud", margin=(6, 0, 0, 0)),
        control(of["layers"], "In the cloud", widgets.CheckBoxGroup),
        control(of["see"], "In the image", widgets.Select),
        control(of["brush"], "Radius of a click in the image, pixels", widgets.IntSlider),
        width=WIDTH,
        styles={"flex": f"0 0 {WIDTH}px"},
    )


def stepper(state: PCSpaceState) -> Stepper:
    """Return buttons to the previous and the next image; the arrow keys do the same."""
    buttons = Stepper(sizing_mode="stretch_width", margin=(4, 0))

    def say(*_) -> None:
        names = list(state.param["sample_id"].objects)
        buttons.label = f"{names.index(state.sample_id) + 1} of {len(names)}"

    state.param.watch(say, ["sample_id", "show", "order", "score"])
    buttons.param.watch(lambda _: state.step(buttons.last), "steps")
    say()
    return buttons
