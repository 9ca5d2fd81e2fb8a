"""What all live views are: a page of their own, or the value of a cell."""

import pandas as pd
import panel as pn
import param

from anomalylab.apps.kit.busy import busy
from anomalylab.apps.kit.controls import WIDE, address_words, says
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.safe_cell import safe_bundle, strings_of
from anomalylab.apps.kit.state import AppState
from anomalylab.apps.kit.trouble import tell_of_errors, trouble_words
from anomalylab.pictures.colours import cell_colours


class AppViewer(pn.viewable.Viewer):
    """A live view of a run; names of its samples stay text in a cell."""

    state: AppState = param.ClassSelector(  # type: ignore[assignment]
        class_=AppState, doc="What the reader has chosen"
    )
    samples: pd.DataFrame

    def head(self) -> HTML:
        """Return the words over the page: what it shows, of which data."""
        raise NotImplementedError

    def page(self) -> pn.Column:
        """Return the view as a page of its own; its state lives in the address bar."""
        state = self.state
        if pn.state.location:
            pn.state.location.sync(state, list(state.in_address), on_error=state.set_from_address)
        tell_of_errors(state)
        return pn.Column(
            says(state, address_words, "skipped"),
            says(state, trouble_words, "trouble"),
            pn.Row(self.head(), busy(), **WIDE),
            self,
            sizing_mode="stretch_width",
            styles={"padding": "14px clamp(8px, 2vw, 24px)"},
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        shown = super()._repr_mimebundle_(include, exclude)
        bundle, *metadata = shown if isinstance(shown, tuple) else (shown,)
        bundle = safe_bundle(bundle or {}, strings_of(self.samples))
        if "text/html" in bundle:
            bundle["text/html"] = f"<style>{cell_colours()}</style>{bundle['text/html']}"
        return (bundle, *metadata) if metadata else bundle
