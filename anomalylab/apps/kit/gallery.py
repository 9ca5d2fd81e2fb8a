"""Thumbnails a page at a time; one of them is active."""

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

from anomalylab.apps.kit.styles import style_sheet

HERE = Path(__file__).parent


class PagedGallery(JSComponent):
    """A grid of small pictures with a line of words under each.

    Parameters
    ----------
    items : list of dict
        What this page shows: ``id``, ``title``, ``score``, ``outcome``, ``above``.
    sources : dict
        URL of each picture by ``id``; apart, so that pictures are sent only when they change.
    active : str
        The ``id`` of the picture that was clicked last.
    page, n_pages : int
        The page asked for, counted from 0, and how many there are.
    caption : str
        What is listed.
    """

    items = param.List(default=[])
    sources = param.Dict(default={})
    active = param.String(default="")
    page = param.Integer(default=0, bounds=(0, None))
    n_pages = param.Integer(default=1, bounds=(1, None))
    caption = param.String(default="")

    _esm = HERE / "gallery.js"
    _stylesheets: ClassVar[list[str]] = [style_sheet("kit/gallery.css")]
