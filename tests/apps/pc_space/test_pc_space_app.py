"""The explorer of PC space without a browser: what is lit up follows what is selected."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import ColumnDataSource, Plot

from anomalylab.apps.pc_space import words
from anomalylab.apps.pc_space.app import PCSpaceApp
from anomalylab.apps.pc_space.clouds import (
    CloudSet,
    along_axis,
    extremes,
    make_clouds,
    share_beyond,
)
from anomalylab.apps.pc_space.state import SEVERAL, PCSpaceState, unique_ends
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pc_space.selection import Selection
from anomalylab.plots.cloud import cloud, rasterise
from anomalylab.plots.cloud_layers import odds_colours


@pytest.fixture
def app(pc):
    return PCSpaceApp(pc)


@pytest.fixture
def state(pc):
    return PCSpaceState(pc)


def drawn(plot, kind):
    """Return the elements of a kind in a plot as it is now."""
    return [element for element in plot[()] if isinstance(element, kind)]


def amber(picture):
    """Return which pixels of a picture are amber rather than grey."""
    red, blue = (picture.dimension_values(i, flat=False).astype(int) for i in (2, 4))
    return red - blue > 60


def test_a_raster_counts_each_point_once_in_its_pixel():
    x, y = np.array([0.1, 0.1, 0.9], np.float32), np.array([0.1, 0.1, 0.6], np.float32)
    counts = rasterise(x, y, (0, 0, 1, 1), (2, 4))
    assert counts.tolist() == [[2, 0], [0, 0], [0, 0], [0, 1]]


def test_points_beyond_the_view_are_not_drawn():
    points = np.array([5.0], np.float32)
    picture = cloud([(points, points, "inferno")], (0, 0, 1, 1), (16, 16))
    assert not picture.dimension_values("A").any()


def test_odds_of_one_are_clear_and_those_above_are_red():
    colours = odds_colours(np.array([[0.0, 1.0], [-1.0, 0.5]]))
    clear, raises, lowers = colours[1, 0], colours[0, 0], colours[1, 1]
    assert clear[3] == 0
    assert raises[0] > raises[2]
    assert lowers[0] < lowers[2]


def test_it_opens_with_a_defective_test_image(state):
    assert (state.row["class"], state.row["split"]) == ("anomalous", "test")


def test_it_opens_with_the_windows_beyond_three_deviations_lit(app):
    one, sigmas = app.linked.current, app.pc.space.variances**0.5
    away = sum((one.along(f"PC{i + 1}") / sigmas[i]) ** 2 for i in (0, 1))
    np.testing.assert_array_equal(app.linked.lit, away > 9)
    said = words.selected_words(app.state, app.linked)
    assert f"<b>{app.linked.lit.sum()}</b> windows lit up beyond 3" in said.replace("\u202f", "")
    app.clear()
    app.state.param.update(y="residual")
    app.state.select_far_out()
    middle, spread = app.pc.residual
    upwards = (np.sqrt(one.residual) - middle) / spread
    expected = (one.along("PC1") / sigmas[0]) ** 2 + upwards**2 > 9
    assert (app.linked.lit == expected).mean() > 0.999


def test_short_names_are_as_long_as_they_must_be():
    names = ["test/good/000.png", "test/bad/000.png", "test/bad/001.png"]
    shortened = ["good/000.png", "bad/000.png", "001.png"]
    assert unique_ends(names) == dict(zip(names, shortened, strict=True))


def test_a_box_in_the_cloud_lights_its_windows_in_the_image(app):
    one = app.linked.current
    bounds = (0.0, -5.0, 50.0, 5.0)
    app.cloud.take_box(bounds)
    expected = Selection("box", ("PC1", "PC2"), bounds).windows(one)
    assert 0 < expected.sum() < expected.size
    np.testing.assert_array_equal(app.linked.lit, expected)
    half = one.window // 2
    (picture,) = drawn(app.image.plot(), hv.RGB)
    red, _, blue = (picture.dimension_values(i, flat=False).astype(int) for i in (2, 3, 4))
    inner = (red - blue)[half:-half, half:-half]
    top_down = inner[::-1]
    assert top_down[expected].mean() > top_down[~expected].mean() + 50


def test_what_is_on_the_page_follows_a_selection(app):
    app.clear()
    root = app.page().get_root()

    def pictures():
        sources = root.select({"type": ColumnDataSource})
        return [source.data["image"][0].copy() for source in sources if "image" in source.data]

    before = pictures()
    app.cloud.take_box((0.0, -5.0, 50.0, 5.0))
    changed = [(old != new).any() for old, new in zip(before, pictures(), strict=True)]
    assert sum(changed) == 2  # of ground, points, odds and image
    app.clear()
    assert all((old == new).all() for old, new in zip(before, pictures(), strict=True))


def test_a_lasso_in_the_cloud_selects_what_a_box_of_its_shape_does(app):
    app.cloud.take_box((0.0, -5.0, 50.0, 5.0))
    by_box = app.linked.lit.copy()
    app.cloud.take_lasso(np.array([(0, -5), (50, -5), (50, 5), (0, 5)]))
    assert app.linked.lit.sum() > 0
    assert (app.linked.lit != by_box).mean() < 1e-3


def test_a_click_in_the_image_lights_its_window_in_the_cloud(app):
    one = app.linked.current
    app.state.brush = 0
    height, half = app.image.size[0], one.window // 2
    app.image.take_tap(x=20.4, y=height - 30.6)
    assert np.argwhere(app.linked.lit).tolist() == [[30 - half, 20 - half]]
    x, y = app.linked.places
    assert (x.tolist(), y.tolist()) == tuple(
        [float(one.along(axis)[30 - half, 20 - half])] for axis in ("PC1", "PC2")
    )
    assert amber(drawn(app.cloud.plot(), hv.RGB)[1]).any()


def test_a_box_in_the_image_lights_the_windows_centred_in_it(app):
    height, half = app.image.size[0], app.linked.current.window // 2
    app.image.take_box((10, height - 40, 30, height - 20))
    rows, cols = np.nonzero(app.linked.lit)
    assert (rows.min() + half, rows.max() + half) == (20, 40)
    assert (cols.min() + half, cols.max() + half) == (10, 30)


def test_the_gallery_shows_the_most_extreme_of_what_is_selected(app):
    app.cloud.take_box((0.0, -5.0, 50.0, 5.0))
    shown = [item["id"].rsplit("|", 1)[1] for item in app.patches.cards.items]
    places = np.array([place.split(",") for place in shown], int)
    distance = np.where(app.linked.lit, app.linked.current.distance, -1)
    assert tuple(places[0]) == np.unravel_index(distance.argmax(), distance.shape)
    assert app.linked.lit[tuple(places.T)].all()
    assert set(app.patches.cards.sources) == {item["id"] for item in app.patches.cards.items}


def test_a_patch_that_is_clicked_is_framed_and_ringed(app):
    item = app.patches.cards.items[0]
    app.patches.cards.param.update(active=item["id"], clicks=1)
    row, col = app.state.window_place
    ring = drawn(app.cloud.plot(), hv.Points)[0]
    assert ring.array()[0, 0] == pytest.approx(app.linked.current.along("PC1")[row, col])
    (frame,) = drawn(app.image.plot(), hv.Rectangles)
    left, _, _, top = frame.array()[0]
    assert (left, top) == (col, app.image.size[0] - row)


def test_the_count_and_the_share_on_the_defect_are_said(app):
    one = app.linked.current
    top, left = (places.min() + one.window // 2 for places in np.nonzero(one.on_defect))
    app.image.take_box((left, app.image.size[0] - top - 4, left + 4, app.image.size[0] - top))
    said = words.selected_words(app.state, app.linked)
    assert f"<b>{app.linked.lit.sum()}</b> windows lit up" in said
    assert "touch the defect" in said
    app.clear()
    assert "Nothing is selected" in words.selected_words(app.state, app.linked)
    assert "Draw a box" in words.head_words(app.pc)
    assert not app.linked.lit.any()


def test_a_selection_that_holds_nothing_says_what_to_do(app):
    app.cloud.take_box((900.0, 900.0, 901.0, 901.0))
    assert "press Clear" in words.selected_words(app.state, app.linked)
    assert app.patches.cards.items == []


def test_windows_of_many_images_are_points_of_one_cloud(app):
    app.state.param.update(of=SEVERAL[0], n_images=5)
    shown = app.linked.shown
    assert len(shown.clouds) == 5
    assert shown.n_windows == sum(one.residual.size for one in shown.clouds)
    app.cloud.take_box((0.0, -5.0, 50.0, 5.0))
    x, y = shown.points("PC1", "PC2")
    inside = (x >= 0) & (x <= 50) & (y >= -5) & (y <= 5)
    assert sum(int(mask.sum()) for mask in app.linked.masks) == inside.sum()
    assert "of 5 images" in words.selected_words(app.state, app.linked)


def test_a_click_in_the_image_lights_only_its_own_windows_among_many(app):
    app.state.param.update(of=SEVERAL[0], n_images=5)
    app.image.take_tap(x=20, y=20)
    assert len(app.linked.places[0]) == app.linked.lit.sum() > 1


def test_a_patch_of_another_image_opens_that_image(app):
    app.state.param.update(of=SEVERAL[0], n_images=5)
    app.cloud.take_box((-500.0, -500.0, 500.0, 500.0))
    others = [i["id"] for i in app.patches.cards.items if app.state.sample_id not in i["id"]]
    app.patches.cards.param.update(active=others[0], clicks=1)
    assert app.state.sample_id == others[0].rsplit("|", 1)[0]
    assert app.linked.current.sample_id == app.state.sample_id


def test_clouds_made_by_threads_are_those_made_one_by_one(pc):
    names = list(pc.samples["sample_id"][:6])
    for made, name in zip(make_clouds(pc, names), names, strict=True):
        assert made.sample_id == name
        np.testing.assert_array_equal(made.coordinates, PCSpace(pc.run).cloud(name).coordinates)


def test_extremes_of_many_images_are_the_highest_of_each_alone(pc):
    clouds = make_clouds(pc, pc.samples["sample_id"][:4])
    masks = [np.ones(one.shape, bool) for one in clouds]
    together = extremes(clouds, masks, 6, by_residual=True)
    alone = [
        extremes([one], [mask], 6, by_residual=True)
        for one, mask in zip(clouds, masks, strict=True)
    ]
    values = np.sort(np.concatenate([table["value"] for table in alone]))[::-1]
    np.testing.assert_allclose(together["value"], values[:6])


def test_windows_along_an_axis_lie_at_their_position(pc):
    one = pc.cloud(pc.samples["sample_id"].iloc[0])
    tables = along_axis(one, "PC1", [0.0, 1e6], 3, 2.0)
    assert (len(tables[0]), len(tables[1])) == (3, 0)
    places = tuple(tables[0][["row", "col"]].to_numpy(int).T)
    assert np.abs(one.along("PC1")[places]).max() <= 1


def test_a_sweep_selects_an_interval_of_the_axis(app):
    app.axis.sweep.value = 1.0
    selection = app.state.selection
    assert (selection.kind, selection.axes) == ("interval", ("PC1",))
    along = app.linked.current.along("PC1")[app.linked.lit]
    assert along.min() >= selection.numbers[0]
    assert along.max() <= selection.numbers[1]


def test_views_of_all_images_share_a_scale_unless_one_needs_more(pc):
    one = CloudSet([pc.cloud(pc.samples["sample_id"].iloc[0])])
    furthest = np.abs(one.along("PC1")).max()
    assert one.reach("PC1", 10 * furthest) == 10 * furthest
    wider = one.reach("PC1", furthest / 3.5)
    assert furthest < wider < 1.5 * furthest


def test_the_residual_as_an_axis_has_no_ellipses_and_a_ground_of_its_own(app):
    app.state.y = "residual"
    assert app.cloud.bounds[1] < 0 < app.cloud.bounds[3]
    assert "windows of 10 normal training images" in app.cloud.ground_words
    labels = drawn(app.cloud.plot(), hv.Labels)[0]
    assert len(labels) == 0


def test_the_share_beyond_the_ellipses_counts_windows_and_cells(app, pc):
    one = app.linked.current
    deviations = np.sqrt(pc.space.variances[:2])
    is_beyond = ((one.coordinates[..., :2] / deviations) ** 2).sum(axis=-1) > 9
    assert f"{words.percent(is_beyond.mean())} of them lie beyond 3σ" in app.cloud.beyond_words
    on_defect = (is_beyond & one.on_defect).sum() / is_beyond.sum()
    assert f"{words.percent(on_defect)} of these touch the defect" in app.cloud.beyond_words
    counts = np.zeros((4, 4), int)
    counts[0, 0], counts[1, 1], counts[2, 1] = 1, 2, 1  # centres at -3, -1, 1, 3
    assert share_beyond(counts, 4.0, (1.0, 1.0), 2.0) == 0.25


def test_the_odds_say_what_they_are_or_why_there_are_none(app, pc, monkeypatch):
    app.state.layers = ["odds"]
    bins = np.exp(pc.coefficients[0])
    assert f"× {bins.min():.2g} to red × {bins.max():.2g}" in app.cloud.layer_words
    app.state.y = "residual"
    assert "no odds in this plane" in app.cloud.layer_words
    monkeypatch.setattr(pc, "coefficients", None)
    assert "no classifier" in app.cloud.layer_words
    app.state.see = "odds"
    assert drawn(app.image.plot(), hv.RGB)


def test_a_unit_is_as_long_on_both_axes_whatever_the_size_of_the_figure(app):
    figures = list(app.page().get_root().select({"type": Plot}))
    app.cloud.take_tap(x=0.0, y=0.0)  # an update must not add the callback again
    assert len(figures) == 2
    for figure in figures:
        callbacks = figure.js_property_callbacks["change:inner_width"]
        units = [one for one in callbacks if "x_range" in one.args]
        assert [set(one.args) for one in units] == [{"figure", "x_range", "y_range"}]
        assert figure.sizing_mode == "stretch_width"


def test_other_axes_make_the_plot_anew_and_zoom_draws_it_finer(app):
    app.state.y = "residual"
    assert app.cloud.is_fitting
    (view,) = [s for s in app.cloud.points.streams if isinstance(s, hv.streams.RangeXY)]
    view.event(x_range=(-1.0, 1.0), y_range=(0.0, 2.0))
    assert app.cloud.points[()].bounds.lbrt() == (-1.0, 0.0, 1.0, 2.0)


@pytest.mark.parametrize("see", ["one band", "distance from PC space", "odds"])
def test_what_the_image_shows_changes_its_pixels(app, see):
    before = drawn(app.image.plot(), hv.RGB)[0].dimension_values("R")
    app.state.see = see
    assert (drawn(app.image.plot(), hv.RGB)[0].dimension_values("R") != before).any()
