"""How should a defect look that a network learns from? Turn dials, train, look, compare."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import holoviews as hv
import panel as pn

from anomalylab import plots
from anomalylab.apps.kit.controls import control, question, says
from anomalylab.apps.kit.gallery import Gallery
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.refreshed_layers import RefreshedLayers
from anomalylab.apps.kit.viewer import AppViewer
from anomalylab.apps.twins import words
from anomalylab.apps.twins.controls import TwinsControls
from anomalylab.apps.twins.folder import opened
from anomalylab.apps.twins.heat import large_words
from anomalylab.apps.twins.shown import Shown, fill, judged, twins_beside
from anomalylab.apps.twins.state import COURSE, DIALS, TwinsState
from anomalylab.errors import ParameterError
from anomalylab.recipes.tuned_twins.bench import UNTOUCHED, Bench
from anomalylab.recipes.tuned_twins.learned import learn
from anomalylab.recipes.tuned_twins.material import Material
from anomalylab.recipes.tuned_twins.trial import Learn, Trial

PERIOD = 400
"""Milliseconds between two looks at a training."""

RESTED = 500
"""Milliseconds without a change of the dials after which images are judged anew."""

SMALL, JUDGED = 128, 172
"""Pixels of small pictures, and of those with two numbers under them."""


class TwinsApp(AppViewer):
    """Twins of a folder's images, tuned by hand, trained and compared with untouched ones.

    Parameters
    ----------
    data : path or Material
        Folder of images of one product.
    preset : str
        Of the detector ``metric_learning`` that trains.
    category : str
        Product to take, of a folder that holds several.
    train : callable, optional
        What trains in its place.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    UnknownNameError
        If it holds no such product.
    ParameterError
        If it holds several products and none is named, or too few images.
    """

    state: TwinsState

    def __init__(
        self,
        data: Path | str | Material,
        *,
        preset: str = "cpu",
        category: str = "",
        train: Learn = learn,
    ):
        material = data if isinstance(data, Material) else opened(Path(data), preset, category)
        super().__init__(state=TwinsState(Bench(material, train), preset))
        self.samples = material.samples
        self.mine, self.untouched = (
            Gallery(on_click="", side=SMALL, sizing_mode="stretch_width") for _ in range(2)
        )
        self.judged = Gallery(
            on_click="open", side=JUDGED, look="al-framed", sizing_mode="stretch_width"
        )
        self.large = HTML("", **words.SET)
        self.controls = TwinsControls(self.state, self.begin, self.stop)
        self.compare = pn.widgets.Button(label="Open the comparison", color="primary", width=220)
        self.compare.on_click(lambda _: self._begin_comparison())
        self._curves = RefreshedLayers(self._told)
        self._timer: Any = None
        self._n_due = 0
        self._shown: list[Shown] = []
        self._judged_by: list[tuple[str, Trial]] = []
        self._follow()
        self._draw_mine()
        self._draw_untouched()
        self._judge()
        self._take_up()

    def _follow(self) -> None:
        watch = self.state.param.watch
        watch(self._draw_mine, [*DIALS, "seed"])
        watch(self._draw_untouched, ["seed"])
        watch(self._judge_soon, [*DIALS, "seed"])
        watch(self._judge, ["judged"])
        watch(self._take_up, ["tick", *DIALS, *COURSE])
        watch(self._enlarge, ["chosen", "of"])
        self.judged.param.watch(
            lambda _: self.state.param.update(chosen=self.judged.active), "clicks"
        )

    def _draw_mine(self, *_) -> None:
        """Draw the twins that the dials stand for, or say why there are none."""
        try:
            fill(self.mine, twins_beside(self.state, self.state.options))
        except ParameterError as error:
            self.mine.param.update(items=[], sources={}, n=0, empty=str(error), caption="")

    def _draw_untouched(self, *_) -> None:
        fill(self.untouched, twins_beside(self.state, UNTOUCHED))

    def _judge_soon(self, *_) -> None:
        """Judge anew once the dials have rested: it takes longer than to draw twins."""
        document = pn.state.curdoc
        if document is None or not pn.state.loaded:
            self._judge()
            return
        self._n_due += 1
        wanted = self._n_due
        document.add_timeout_callback(lambda: self._judge_if(wanted), RESTED)

    def _judge_if(self, wanted: int) -> None:
        if wanted == self._n_due:
            self._judge()

    def _judge(self, *_) -> None:
        """Show the images to be judged, with what each training there is makes of them."""
        state = self.state
        try:
            self._shown = judged(state)
        except ParameterError as error:
            self.judged.param.update(items=[], sources={}, n=0, empty=str(error), caption="")
            return
        self._judged_by = _trained(state)
        told: list[dict[str, str]] = [{} for _ in self._shown]
        for name, trial in self._judged_by:
            for one, share in zip(told, trial.standing(_images(self._shown)), strict=True):
                before = [one["name"]] if "name" in one else []
                one["name"] = ", ".join([*before, f"{name}\u00a0{100 * share:.0f}\u00a0%"])
        fill(self.judged, self._shown, told, caption=words.judged_note(state))
        self._enlarge()

    def _enlarge(self, *_) -> None:
        """Show the chosen image large, with the heat of each training there is."""
        chosen = next((one for one in self._shown if one.id == self.state.chosen), None)
        self.judged.active = self.state.chosen if chosen else ""
        is_shown = chosen is not None and bool(_trained(self.state))
        self.large.object = large_words(self.state, chosen) if chosen and is_shown else ""

    def begin(self) -> None:
        """Train both, or go on, and look on."""
        self.state.begin()
        self._look_on()

    def stop(self) -> None:
        """Stop before the next step."""
        self.state.bench.stop()

    def _begin_comparison(self) -> None:
        self.state.begin_comparison()
        self._look_on()

    def _look_on(self) -> None:
        if self._timer is None:
            self._timer = pn.state.add_periodic_callback(self.poll, period=PERIOD, start=False)
        if not self._timer.running:
            self._timer.start()

    def poll(self) -> None:
        """Take up how far the training or comparison is."""
        is_over = not self.state.bench.is_running
        self.state.move_on()
        if _trained(self.state) != self._judged_by:
            self._judge()
        if is_over and self._timer is not None:
            self._timer.stop()

    def _take_up(self, *_) -> None:
        self._curves.refresh()
        state = self.state
        self.compare.visible = state.can_compare()
        self.compare.disabled = state.bench.is_running

    def _told(self) -> tuple:
        """Return all that the curves depend on; every turn of a dial makes a trial of no epoch."""
        told = ((id(trial), trial.n_epochs()) for trial in self.state.trials)
        return (*(one if one[1] else None for one in told), self.state.epochs)

    def losses(self) -> hv.Overlay:
        """Return the loss of both trainings as far as they are."""
        mine, untouched = self.state.trials
        nothing = untouched.history().iloc[:0]
        of_mine = nothing if mine is untouched else mine.history()
        curves = {words.MINE_NAME: of_mine, words.UNTOUCHED_NAME: untouched.history()}
        n_epochs = max(self.state.epochs, *(trial.n_epochs() for trial in (mine, untouched)))
        return plots.trial_losses(curves, n_epochs)

    def __panel__(self) -> pn.FlexBox:
        state, of = self.state, self.state.param
        judged_options = {words.judged_words(state, name): name for name in of["judged"].objects}
        subjects = {
            "score of being a twin": "logit",
            "distance to the nearest good image": "distance",
        }
        middle = pn.Column(
            _section(
                "What is it shown as a defect?", "Twins by your dials, of images it learns from."
            ),
            self.mine,
            _section("And without your dials?", "The same images with the published lines."),
            self.untouched,
            _section(
                "Does it learn?",
                "Lines: images held out; points: those learnt from. The loss should fall.",
            ),
            says(state, words.training_words, "tick", *DIALS, *COURSE, options=words.SET),
            pn.panel(self._curves.layer(self.losses), sizing_mode="stretch_width", margin=0),
            _section("What do both make of images?", "Choose which images, click one to see why."),
            pn.FlexBox(
                _field(
                    control(
                        of["judged"], "Images judged", pn.widgets.Select, options=judged_options
                    )
                ),
                _field(control(of["of"], "Heat of", pn.widgets.Select, options=subjects)),
                gap="12px",
                sizing_mode="stretch_width",
            ),
            self.judged,
            self.large,
            _section(
                "Are your twins better, on what you have not seen?",
                "Both trainings on the same defects.",
            ),
            says(state, words.comparison_words, "tick", *DIALS, *COURSE, options=words.SET),
            self.compare,
            styles={"flex": "1 1 480px", "min-width": "0"},
        )
        return pn.FlexBox(
            self.controls.column(),
            middle,
            gap="28px",
            align_items="flex-start",
            sizing_mode="stretch_width",
        )

    def head(self) -> HTML:
        """Return what the page is about, what was found, and whether test knowledge was used."""
        return says(self.state, words.head_words, "tick", "judged", *DIALS, *COURSE)

    def page(self) -> pn.Column:
        """Return the view as a page of its own; a training ends when the page is left."""
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(lambda _: self.stop())
        return super().page()


def _section(title: str, note: str) -> pn.Column:
    return pn.Column(question(title, note), margin=(14, 0, 0, 0), sizing_mode="stretch_width")


def _field(row: pn.Row) -> pn.Column:
    return pn.Column(row, styles={"flex": "1 1 220px", "min-width": "0"}, margin=0)


def _trained(state: TwinsState) -> list[tuple[str, Trial]]:
    pairs = [(words.MINE_NAME, state.trained), (words.UNTOUCHED_NAME, state.trials[1])]
    return [(name, trial) for name, trial in pairs if trial is not None and trial.judge is not None]


def _images(shown: list[Shown]):
    import numpy as np

    return np.stack([one.image for one in shown])


def pages_of(data: Path, category: str = "", preset: str = "cpu") -> Callable[[], pn.Column]:
    """Return what makes a page of a folder for each visitor; see :func:`opened`."""
    material = opened(data, preset, category)
    return lambda: TwinsApp(material, preset=preset).page()
