"""Patches and small clouds of the explorer, as pictures that can be clicked."""

import numpy as np
import panel as pn

from anomalylab.apps.kit.controls import TEXT, WIDE, control
from anomalylab.apps.kit.gallery import Gallery
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.pc_space import words
from anomalylab.apps.pc_space.clouds import along_axis, deviation, extremes, make_clouds
from anomalylab.apps.pc_space.linked import LinkedWindows
from anomalylab.apps.pc_space.pictures import WindowPictures
from anomalylab.apps.pc_space.state import PCSpaceState
from anomalylab.number_words import minus
from anomalylab.pc_space.cloud import RESIDUAL, Cloud

SMALL = "al-small"
N_PATCHES = 28
PATCH = 64
"""Side of a patch in pixels of the screen."""

COMPONENT = 96
N_A_POSITION = 3
POSITIONS = {False: range(-4, 5), True: range(9)}
"""Where on an axis patches are shown, in standard deviations: on a component, on the residual."""

N_OF_A_CLASS = 8
SMALL_CLOUD = 120


def _card(pictures: WindowPictures, cloud: Cloud, window, text: str) -> tuple[dict, str]:
    """Return a patch as a card, and its picture."""
    row, col = int(window.row), int(window.col)
    touches = cloud.on_defect is not None and bool(cloud.on_defect[row, col])
    place = f"{cloud.sample_id}, row {row}, column {col}"
    name = f"{cloud.sample_id}|{row},{col}"
    item = {
        "id": name,
        "title": f"{place}; touches the defect" if touches else place,
        "words": text,
        "is_marked": touches,
    }
    return item, pictures.patch(cloud, row, col)


class PatchGallery:
    """The selected windows themselves, the most extreme first.

    Parameters
    ----------
    linked : LinkedWindows
    pictures : WindowPictures
    """

    def __init__(self, linked: LinkedWindows, pictures: WindowPictures):
        self.linked, self.pictures = linked, pictures
        self.cards = Gallery(side=PATCH, look=SMALL, **WIDE)
        self.title = HTML("", **TEXT)
        linked.param.watch(self._list, ["masks", "lit"])
        self.cards.param.watch(self._point, "clicks")
        self._list()

    def _list(self, *_) -> None:
        linked, state = self.linked, self.linked.state
        clouds, masks = linked.lit_clouds
        if state.selection is None:
            clouds, masks = [linked.current], [np.ones(linked.current.shape, bool)]
        found = extremes(clouds, masks, N_PATCHES, by_residual=state.has_residual)
        made = [
            _card(self.pictures, clouds[number], window, text)
            for number, window, text in zip(
                found["number"].astype(int),
                found.itertuples(),
                words.card_words(found, by_residual=state.has_residual),
                strict=True,
            )
        ]
        self.cards.param.update(
            items=[item for item, _ in made],
            sources={item["id"]: source for item, source in made},
        )
        self.title.object = words.gallery_words(
            len(made),
            is_all=state.selection is None,
            by_residual=state.has_residual,
            has_truth=any(cloud.on_defect is not None for cloud in clouds),
        )

    def _point(self, *_) -> None:
        point_at(self.linked.state, self.cards.active)


class AxisGallery(pn.viewable.Viewer):
    """A principal component and the windows of the image that live along it.

    Parameters
    ----------
    linked : LinkedWindows
    pictures : WindowPictures
    """

    def __init__(self, linked: LinkedWindows, pictures: WindowPictures):
        super().__init__()
        self.linked, self.pictures = linked, pictures
        self.state = linked.state
        self.cards = Gallery(side=PATCH, look=f"{SMALL} al-columns", empty="No window.", **WIDE)
        self.components = self._component_cards()
        self.title = HTML("", **TEXT)
        self.sweep = pn.widgets.FloatSlider(
            label="Sweep, in standard deviations", start=-4, end=4, step=0.1, value=0, **WIDE
        )
        linked.param.watch(self._list, "current")
        self.state.param.watch(self._list, "along")
        self.sweep.param.watch(self._sweep, "value")
        self.cards.param.watch(self._point, "clicks")
        self._list()

    def _list(self, *_) -> None:
        state, cloud = self.state, self.linked.current
        steps = POSITIONS[state.along == RESIDUAL]
        unit = deviation(state.pc, state.along)
        self.sweep.param.update(start=steps[0], end=steps[-1])
        tables = along_axis(cloud, state.along, [unit * s for s in steps], N_A_POSITION, unit)
        self.title.object = words.axis_words(state)
        items, sources = [], {}
        for step, table in zip(steps, tables, strict=True):
            named = {"group": _place(step, is_residual=state.along == RESIDUAL)}
            items += [{"id": "", **named}] if table.empty else []
            for window in table.itertuples():
                item, source = _card(self.pictures, cloud, window, "")
                items.append({**item, **named})
                sources[item["id"]] = source
        self.cards.param.update(items=items, sources=sources)

    def _component_cards(self) -> Gallery:
        """Return the components as pictures; a click sweeps along one."""
        space, names = self.state.pc.space, self.state.axes[:-1]
        shares = 100 * space.shares
        cards = Gallery(
            items=[
                {"id": name, "title": f"Weights of {name}", "words": f"{name}: {share:.3g} %"}
                for name, share in zip(names, shares, strict=True)
            ],
            sources={name: self.pictures.component(i) for i, name in enumerate(names)},
            side=COMPONENT,
            look=SMALL,
            active=self.state.along,
            width=2 * (COMPONENT + 14) + 10,
            margin=(22, 10, 0, 0),
        )
        cards.param.watch(lambda _: self.state.param.update(along=cards.active), "clicks")
        self.state.param.watch(lambda event: cards.param.update(active=event.new), "along")
        return cards

    def _point(self, *_) -> None:
        point_at(self.state, self.cards.active)

    def _sweep(self, event) -> None:
        unit = deviation(self.state.pc, self.state.along)
        ends = (unit * (event.new + side) for side in (-0.25, 0.25))
        self.state.choose("interval", (self.state.along,), ends)

    def __panel__(self) -> pn.Column:
        along = control(self.state.param["along"], "Axis", pn.widgets.Select)
        along.param.update(width=110, sizing_mode="fixed")
        return pn.Column(
            self.title,
            pn.Row(along, pn.Spacer(width=16), self.sweep, **WIDE),
            pn.Row(self.components, self.cards, **WIDE),
            **WIDE,
        )


def _place(step: int, *, is_residual: bool) -> str:
    """Name a position on an axis."""
    return minus(f"{step} {'× rms' if is_residual else 'σ'}")


class CloudGallery(pn.viewable.Viewer):
    """Small clouds of normal and of anomalous images on one scale.

    Parameters
    ----------
    state : PCSpaceState
    pictures : WindowPictures
    """

    def __init__(self, state: PCSpaceState, pictures: WindowPictures):
        super().__init__()
        self.state, self.pictures = state, pictures
        self.cards = Gallery(
            side=SMALL_CLOUD, look=SMALL, empty="Small clouds are drawn in a moment.", **WIDE
        )
        self.title = HTML("", **TEXT)
        self.cards.param.watch(lambda _: state.param.update(sample_id=self.cards.active), "clicks")
        state.param.watch(self.draw, ["x", "y", "score"])

    def draw(self, *_) -> None:
        """Make the clouds and draw them."""
        state = self.state
        table = state.table.sort_values("score", ascending=False, kind="stable")
        table = table.groupby("class", sort=False).head(N_OF_A_CLASS)
        clouds = make_clouds(state.pc, table.index)
        axes = (state.x, state.y)
        half = 6 * max(deviation(state.pc, axis) for axis in axes)
        self.cards.param.update(
            items=[
                self._item(row)
                for row in table.sort_values("class", kind="stable", ascending=False).itertuples()
            ],
            sources={
                cloud.sample_id: self.pictures.small_cloud(cloud, axes, half) for cloud in clouds
            },
            active=state.sample_id,
        )
        self.title.object = words.multiples_words(N_OF_A_CLASS, axes)

    def _item(self, row) -> dict:
        return {
            "id": row.sample_id,
            "title": f"{row.sample_id}: score {row.score:.4g}",
            "words": f"{row.score:.3g}  {self.state.short(row.sample_id)}",
            "is_marked": row.label == 1,
            "group": self.state.table.loc[row.sample_id, "class"],
        }

    def __panel__(self) -> pn.Column:
        pn.state.onload(self.draw)
        return pn.Column(self.title, self.cards, **WIDE)


def point_at(state: PCSpaceState, card: str) -> None:
    """Show the window of a card: its image, its frame, its place in the cloud."""
    sample_id, place = card.rsplit("|", 1)
    state.param.update(sample_id=sample_id, window=place)
