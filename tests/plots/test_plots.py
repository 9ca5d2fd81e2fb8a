"""Plots are tested as data: what an element holds, not what a browser paints."""

import io

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from fakes import fake_run
from PIL import Image

from anomalylab import plots
from anomalylab.errors import ParameterError, SchemaError
from anomalylab.plots.style import MAX_POINTS


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_run(tmp_path_factory.mktemp("runs") / "fake")


@pytest.fixture
def scores():
    return pd.DataFrame({"score": [0.0, 1.0, 2.0, 8.0], "label": [0, 0, 0, 1]})


def test_both_classes_are_counted_in_the_same_bins(scores):
    normal, anomalous = plots.score_histogram(scores, n_bins=4)
    assert (normal.edges == anomalous.edges).all()
    assert list(normal["images"]) == [2, 1, 0, 0]
    assert list(anomalous["images"]) == [0, 0, 0, 1]


def test_images_without_a_label_are_unknown(scores):
    (unknown,) = plots.score_histogram(scores.assign(label=pd.NA))
    assert unknown.label == "unknown (4)"


def test_the_threshold_is_a_line(scores):
    *_, line = plots.score_histogram(scores, threshold=3)
    assert line.data == 3


def test_a_missing_column_is_named(scores):
    with pytest.raises(SchemaError, match="label"):
        plots.score_histogram(scores.drop(columns="label"))


def test_the_embedding_keeps_the_order_of_its_rows(run):
    table = run.table("embedding").merge(run.samples, on="sample_id")
    *_, points = plots.embedding(table)
    assert list(points["sample_id"]) == list(table["sample_id"])


def test_very_many_images_are_drawn_as_a_density():
    n = MAX_POINTS + 1
    xy = np.random.default_rng(0).normal(size=(n, 2))
    table = pd.DataFrame({"sample_id": np.arange(n).astype(str), "x": xy[:, 0], "y": xy[:, 1]})
    *_, top = plots.embedding(table.assign(label=0))
    assert isinstance(top, hv.Image)


def test_the_plane_of_the_embedding_has_one_scale_on_both_axes(run):
    table = run.table("embedding").assign(label=pd.NA)
    options = plots.embedding(table.head(5), others=table).opts.get("plot").kwargs
    (left, right), (bottom, top) = options["xlim"], options["ylim"]
    assert right - left == pytest.approx(top - bottom)
    assert left < table["x"].min()
    assert top > table["y"].max()


def test_further_columns_colour_the_embedding_by_name_or_by_number(run):
    table = run.table("embedding").merge(run.samples, on="sample_id").assign(shift=2.5)
    *_, by_name = plots.embedding(table, colour_by="camera")
    assert set(by_name.opts.get("style").kwargs["cmap"]) >= {"left", "right"}
    *_, by_number = plots.embedding(table, colour_by="shift")
    assert by_number.opts.get("plot").kwargs["colorbar"]


def test_columns_that_are_empty_or_hold_gaps_can_be_drawn(run):
    table = run.table("embedding").assign(label=pd.NA, shift=pd.array([pd.NA] * 36, dtype="Int64"))
    table["camera"] = pd.array(["left", pd.NA] * 18, dtype="string")
    for column in ("class", "shift", "camera"):
        assert hv.render(plots.embedding(table, colour_by=column))
    *_, points = plots.embedding(table, colour_by="camera")
    assert set(points["camera"]) == {"left", "none"}


def test_the_cell_that_matched_is_framed():
    image = np.zeros((20, 30, 3), "uint8")
    assert len(plots.picture(image)) == 1
    _, frame = plots.picture(image, cell=(10, 0, 20, 10))
    assert frame.data.iloc[0].tolist() == [10, 0, 20, 10]


def test_a_map_below_half_its_threshold_is_not_seen():
    image = np.full((4, 6, 3), 100, np.uint8)
    calm = np.full((4, 6), 0.4)
    calm[0, 0] = 3.0
    _, heat = plots.overlay(image, calm, threshold=1.0)
    alpha = np.flipud(heat.dimension_values(5, flat=False))
    assert alpha.max() > 0.3
    assert np.count_nonzero(alpha) == 1


def test_an_image_and_a_map_of_other_sizes_are_refused():
    with pytest.raises(ParameterError, match="one size"):
        plots.overlay(np.zeros((4, 6, 3), np.uint8), np.zeros((4, 5)), threshold=1)


def test_every_plot_renders(run):
    embedding = run.table("embedding").merge(run.samples, on="sample_id")
    thumbnail = run.table("thumbnails").iloc[12]
    image = np.asarray(Image.open(io.BytesIO(thumbnail["image"])).convert("RGB"))
    shown = [
        plots.score_histogram(run.scores("knn").assign(label=0), threshold=3),
        plots.embedding(embedding),
        plots.overlay(image, np.ones(image.shape[:2]), threshold=1, contour=thumbnail["contour"]),
    ]
    for plot in shown:
        assert hv.render(plot) is not None


def test_the_embedding_can_be_saved_as_a_picture(run):
    table = run.table("embedding").merge(run.samples, on="sample_id")
    figure = hv.render(plots.embedding(table), backend="bokeh")
    assert "SaveTool" in {type(tool).__name__ for tool in figure.toolbar.tools}
