"""Images of the live view of twins: beside each other while dials turn, and those to be judged."""

from typing import NamedTuple

import numpy as np

from anomalylab.apps.kit.gallery import Gallery
from anomalylab.apps.twins.state import GOOD, LABELLED, MINE, PUBLISHED, TwinsState
from anomalylab.pictures.encode import data_url, jpeg
from anomalylab.recipes.tuned_twins.bench import UNTOUCHED
from anomalylab.synthesise.twin import TwinOptions, twin

N_BESIDE = 6
"""Images whose twins are shown while the dials turn."""

N_JUDGED = 8
"""Images judged at a time, evenly chosen."""

_QUALITY = 90


class Shown(NamedTuple):
    """An image, and what is known of it."""

    id: str
    image: np.ndarray
    mask: np.ndarray | None
    """Where it is defective, if that is known."""

    title: str


def url_of(image: np.ndarray) -> str:
    """Return an image as a URL that needs no request."""
    return data_url(jpeg(image, _QUALITY))


def twins_beside(state: TwinsState, options: TwinOptions) -> list[Shown]:
    """Return twins of a few images that are learnt from, of one seed.

    Raises
    ------
    ParameterError
        If an image shows no object that a twin could be drawn on.
    """
    learn = state.material.learn
    places = np.linspace(0, len(learn) - 1, min(N_BESIDE, len(learn))).round().astype(int)
    return [_twin(state, int(learn[place]), options, 0) for place in dict.fromkeys(places)]


def judged(state: TwinsState) -> list[Shown]:
    """Return the images that are chosen to be judged.

    Raises
    ------
    ParameterError
        If an image shows no object that a twin could be drawn on.
    """
    material, name = state.material, state.judged
    if name in (MINE, PUBLISHED):
        options = state.options if name == MINE else UNTOUCHED
        return [_twin(state, row, options, 1) for row in _few(material.aside)]
    rows = material.aside if name == GOOD else material.types[name.removeprefix(LABELLED)]
    return [
        Shown(f"image {row}", material.image(row), material.mask(row), _name(state, row))
        for row in _few(rows)
    ]


def _few(rows: np.ndarray) -> list[int]:
    return [int(row) for row in rows[:: -(-len(rows) // N_JUDGED)]]


def _twin(state: TwinsState, row: int, options: TwinOptions, use: int) -> Shown:
    image, mask = twin(state.material.image(row), options, (use, state.seed, row))
    return Shown(f"twin {row}", image, mask, f"twin of {_name(state, row)}")


def _name(state: TwinsState, row: int) -> str:
    return str(state.material.samples["sample_id"].iloc[row])


def fill(
    gallery: Gallery,
    shown: list[Shown],
    told: list[dict[str, str]] | None = None,
    caption: str = "",
) -> None:
    """Show images in a gallery, each with what is told of it."""
    items = [
        {"id": one.id, "title": one.title, **words_of}
        for one, words_of in zip(shown, told or [{}] * len(shown), strict=True)
    ]
    sources = {one.id: url_of(one.image) for one in shown}
    gallery.param.update(items=items, sources=sources, n=len(shown), caption=caption)
