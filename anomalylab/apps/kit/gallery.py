"""The gallery in a live view."""

from typing import ClassVar

import param
from panel.custom import JSComponent

from anomalylab.apps.kit.styles import style_sheet
from anomalylab.pictures.gallery import SCRIPT, STYLE


class Gallery(JSComponent):
    """A gallery for Panel; its fields are those of :mod:`anomalylab.pictures.gallery`."""

    items = param.List(default=[])
    sources = param.Dict(default={})
    active = param.String(default="")
    clicks = param.Integer(default=0)
    on_click = param.String(default="choose")
    page = param.Integer(default=0, bounds=(0, None))
    page_size = param.Integer(default=24)
    n = param.Integer(default=0)
    caption = param.String(default="")
    empty = param.String(default="")
    side = param.Integer(default=96)
    look = param.String(default="")
    list_name = param.String(default="")
    wants = param.Integer(default=0)
    listed = param.Dict(default={"wants": 0, "rows": []})

    _esm = SCRIPT
    _stylesheets: ClassVar[list[str]] = [style_sheet(STYLE)]
