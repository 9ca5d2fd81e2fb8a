"""One image shown large: where the heat of both trainings lies, and the nearest good image."""

from html import escape

import numpy as np

from anomalylab.apps.twins.shown import Shown, url_of
from anomalylab.apps.twins.state import TwinsState
from anomalylab.apps.twins.words import MINE_NAME, UNTOUCHED_NAME
from anomalylab.pictures.encode import data_url
from anomalylab.pictures.heat import heat_picture
from anomalylab.recipes.tuned_twins.trial import Trial
from anomalylab.training.grad_cam import heat_in_mask

SIDE = 448
"""Pixels of the longer side of a large picture, at most."""


def large_words(state: TwinsState, shown: Shown) -> str:
    """Return an image, its heat by each training there is, and the nearest good image, as HTML."""
    figures = [_figure(url_of(shown.image), "<b>the image</b>", shown.title)]
    trained = [(MINE_NAME, state.trained), (UNTOUCHED_NAME, state.trials[1])]
    for name, trial in trained:
        if trial is not None and trial.judge is not None:
            figures += _of_trial(state, shown, name, trial)
    title = "<h3 class='heading'>Where does each training look?</h3>"
    return f"{title}<div class='heats'>{''.join(figures)}</div>"


def _of_trial(state: TwinsState, shown: Shown, name: str, trial: Trial) -> list[str]:
    judge = trial.judge
    assert judge is not None
    heat = judge.heat(shown.image[None], state.of)[0]
    picture = heat_picture(shown.image, heat, judge.scale(state.of), long_side=SIDE)
    inside = _inside_words(heat, shown.mask)
    figures = [_figure(data_url(picture), f"<b>{name}</b>: heat{inside}", f"heat, {name}")]
    if name == MINE_NAME:
        _, nearest = judge.distances(shown.image[None])
        row = int(judge.rows[nearest[0]])
        url = url_of(state.material.image(row))
        figures.append(_figure(url, f"<b>{name}</b>: nearest good image", "nearest good image"))
    return figures


def _inside_words(heat: np.ndarray, mask: np.ndarray | None) -> str:
    if not heat.any():
        return ": none, as no cell raises it"
    if mask is None or not mask.any():
        return ""
    share = heat_in_mask(heat, mask)
    return f"; {100 * share:.0f} % of it in the defect, which takes {100 * mask.mean():.1f} %"


def _figure(url: str, caption: str, title: str) -> str:
    return (
        f"<figure><img src='{url}' alt='{escape(title, quote=True)}'>"
        f"<figcaption>{caption}</figcaption></figure>"
    )
