"""What all live views are when they are shown in a cell."""

import pandas as pd
import panel as pn

from anomalylab.apps.kit.safe_cell import safe_bundle, strings_of


class AppViewer(pn.viewable.Viewer):
    """A live view of a run; names of its samples stay text in a cell."""

    samples: pd.DataFrame

    def _repr_mimebundle_(self, include=None, exclude=None):
        shown = super()._repr_mimebundle_(include, exclude)
        bundle, *metadata = shown if isinstance(shown, tuple) else (shown,)
        bundle = safe_bundle(bundle or {}, strings_of(self.samples))
        return (bundle, *metadata) if metadata else bundle
