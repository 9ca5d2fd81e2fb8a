"""What goes wrong while a page is used: one line on the page, the rest where it is served."""

import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn

from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.state import AppState
from anomalylab.errors import AnomalyLabError

WORDS = "This could not be shown. The terminal that serves this page says why."
"""Names no file: a page may be seen by others than those who know its folders."""

_STATES: WeakKeyDictionary = WeakKeyDictionary()

log = logging.getLogger(__name__)


def tell_of_errors(state: AppState) -> None:
    """Let the page that is being made say what goes wrong in it, by ``state.trouble``."""
    if pn.state.curdoc is not None:
        _STATES[pn.state.curdoc] = state


def handle(error: BaseException) -> None:
    """Note an error where the app is served, and say on its page that there was one."""
    log.error("%s", error, exc_info=None if isinstance(error, AnomalyLabError) else error)
    state = _STATES.get(pn.state.curdoc)
    if state is not None:
        state.trouble = WORDS


def trouble_words(state: AppState) -> str:
    """Return the line on what went wrong; empty if nothing did."""
    return state.trouble and f"<p class='warning'>{state.trouble}</p>"


def guarded(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return what makes a page, or a page of one line if it cannot be made."""

    def page() -> Any:
        try:
            return make()
        except Exception as error:
            handle(error)
            return HTML(f"<p>{WORDS}</p>")

    return page
