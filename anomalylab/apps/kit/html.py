"""Words and pictures of a live view, as HTML that is written anew."""

import panel as pn
from bokeh.model import Model


class HTML(pn.pane.HTML):
    """HTML whose style sheets stay as they were first drawn.

    Panel sends the style sheets of a pane again with each change of its text. In a notebook those
    are addresses of a host abroad, whatever was put into the notebook at first.
    """

    def _update(self, ref: str, model: Model) -> None:
        properties = self._get_properties(model.document)
        properties.pop("stylesheets", None)
        model.update(**properties)
