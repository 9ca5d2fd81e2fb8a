"""Plots of trainings: what an element holds is what the table says."""

import holoviews as hv
import numpy as np
import pytest
from metric_tables import metric_tables

from anomalylab import plots
from anomalylab.errors import SchemaError
from anomalylab.pictures.palette import detector_colours, loss_colours


@pytest.fixture(scope="module")
def made():
    return metric_tables({"bottle": "with masks"}, as_published=False)


def layers(overlay, kind):
    return [layer for layer in overlay if type(layer) is kind]


def style(layer, name):
    return hv.Store.lookup_options("bokeh", layer, "style").kwargs[name]


def test_a_training_has_a_solid_and_a_dashed_line_of_one_colour(made):
    drawn = plots.training_curve(made.curves, by="loss", kept=5)
    curves = {curve.label: curve for curve in layers(drawn, hv.Curve)}
    assert len(curves) == 2 * made.curves["loss"].nunique()
    own = made.curves[(made.curves["loss"] == "arcface") & (made.curves["measure"] == "loss")]
    for part, dash in (("train", "solid"), ("validation", "dashed")):
        curve = curves[f"arcface, {part}"]
        np.testing.assert_array_equal(curve["loss"], own[own["part"] == part]["value"])
        assert style(curve, "line_dash") == dash
        assert style(curve, "color") == loss_colours([])["arcface"]
    assert layers(drawn, hv.VLine)[0].data == 5


def test_trainings_of_detectors_have_the_colours_of_detectors(made):
    one = made.curves[made.curves["loss"] == "arcface"].assign(detector="knn")
    drawn = plots.training_curve(one, by="detector", measure="accuracy")
    (train, _) = layers(drawn, hv.Curve)
    assert style(train, "color") == detector_colours([])["knn"]
    assert drawn.opts.get("plot").kwargs["ylabel"] == "accuracy"


def test_before_the_first_epoch_there_are_axes_and_words(made):
    drawn = plots.training_curve(made.curves.iloc[:0])
    assert "No epoch" in drawn.opts.get("plot").kwargs["title"]
    hv.render(drawn)
    with pytest.raises(SchemaError, match="detector"):
        plots.training_curve(made.curves, by="detector")


def test_distances_of_types_leave_good_images_out(made):
    drawn = plots.class_distances(made.classes)
    points = layers(drawn, hv.Points)
    assert len(points) == made.classes["loss"].nunique()
    own = made.classes[
        (made.classes["loss"] == "arcface") & (made.classes["defect_type"] != "good")
    ]
    (arcface,) = (layer for layer in points if layer.label == "arcface")
    np.testing.assert_array_equal(arcface["relative_to_good"], own["relative_to_good"])
    assert layers(drawn, hv.VLine)[0].data == 1
    hv.render(drawn)
    hv.render(plots.class_distances(made.classes.iloc[:0]))


def test_heat_on_defects_is_counted_against_even_heat(made):
    drawn = plots.heat_in_masks(made.heat, "logit")
    rows = made.heat[made.heat["of"] == "logit"].dropna()
    n_more = int((rows["mass_in_mask"] > rows["mask_share"]).sum())
    assert f"{n_more} of {len(rows)} images" in drawn.opts.get("plot").kwargs["title"]
    assert sum(len(layer) for layer in layers(drawn, hv.Points)) == len(rows)
    (even,) = layers(drawn, hv.Curve)
    np.testing.assert_array_equal(even["mask_share"], even["mass_in_mask"])
    hv.render(drawn)
    empty = plots.heat_in_masks(made.heat.iloc[:0])
    assert "has a mask" in empty.opts.get("plot").kwargs["title"]
    hv.render(empty)
