"""Plots of studies: tables in, lines with bands out, names that do not hide each other."""

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from study_tables import study_tables

from anomalylab import metrics
from anomalylab.errors import SchemaError
from anomalylab.metrics.in_studies import axis_floor
from anomalylab.pictures.palette import detector_colours, strategy_colours
from anomalylab.plots import (
    decision_curves,
    mean_ranks,
    pollution_curves,
    refinement_curves,
    refinement_quality,
)
from anomalylab.plots.banded import spread
from anomalylab.studies.curves import curves


@pytest.fixture(scope="module")
def points():
    return curves(study_tables().metrics)


def layers(overlay, kind):
    return [layer for layer in overlay if type(layer) is kind]


def test_pollution_curves_hold_the_means_and_bands_of_the_table(points):
    drawn = pollution_curves(points, "recall_at_5")
    expected = points[(points["study"] == "pollution") & (points["metric"] == "recall_at_5")]
    knn = expected[expected["detector"] == "knn"].sort_values("pollution")
    curve, band = layers(drawn, hv.Curve)[0], layers(drawn, hv.Area)[0]
    np.testing.assert_allclose(curve.dimension_values("recall_at_5"), knn["value"])
    for name, side in (("recall_at_5", -1), ("upper", 1)):
        border = (knn["value"] + side * knn["deviation"]).clip(0, 1)
        np.testing.assert_allclose(band.dimension_values(name), border)
    colour = hv.Store.lookup_options("bokeh", curve, "style").kwargs["color"]
    assert colour == detector_colours(["knn"])["knn"]
    assert drawn.opts.get("plot").kwargs["title"] == "Are defects still found?"


def test_axes_begin_at_guessing_or_at_none(points):
    low, _ = pollution_curves(points, "auroc").opts.get("plot").kwargs["ylim"]
    assert low == axis_floor("auroc", 0.91) == 0.8
    assert axis_floor("auroc", 0.4) == 0.5
    low, _ = pollution_curves(points, "recall_at_5").opts.get("plot").kwargs["ylim"]
    assert low <= 0


def test_the_perfect_strategy_is_dashed_over_all_shares_and_pollution_is_marked(points):
    drawn = refinement_curves(points, "knn", "recall_at_5")
    dashes = {
        curve.label: hv.Store.lookup_options("bokeh", curve, "style").kwargs["line_dash"]
        for curve in layers(drawn, hv.Curve)
    }
    assert dashes.pop("perfect") == "dashed"
    assert set(dashes.values()) == {"solid"}
    assert set(dashes) == {
        "random",
        "sroc (leave_out=group)",
        "sroc (leave_out=group) by mahalanobis",
    }
    perfect = next(c for c in layers(drawn, hv.Curve) if c.label == "perfect")
    assert perfect.dimension_values("reject").tolist() == [0.0, 0.4]
    assert layers(drawn, hv.VLine)[0].data == 0.2


def test_decisions_stand_beside_the_ranking(points):
    parts = [part.opts.get("plot").kwargs["ylabel"] for part in decision_curves(points)]
    assert parts == ["AUROC", "Found at the 5 % threshold", "False alarms at the 5 % threshold"]


def test_precision_and_recall_are_equal_where_as_many_are_removed_as_are_defective(points):
    precision, recall = refinement_quality(points, "knn")
    for one, other in zip(layers(precision, hv.Curve), layers(recall, hv.Curve), strict=True):
        at = one.dimension_values("reject") == 0.2
        np.testing.assert_allclose(
            one.dimension_values("refinement_precision")[at],
            other.dimension_values("refinement_recall")[at],
        )


def test_bars_of_ranks_join_what_was_not_told_apart():
    rng = np.random.default_rng(0)
    base = rng.random(12)
    values = pd.DataFrame({"a": base + 0.3, "b": base + rng.normal(0, 0.01, 12), "c": base})
    found = metrics.critical_difference(values)
    drawn = mean_ranks(found.ranks, found.groups, found.nemenyi)
    assert len(layers(drawn, hv.Path)[0].split()) == len(found.groups) == 1
    assert [text.data[2].split()[0] for text in layers(drawn, hv.Text)] == list(found.ranks.index)
    assert "Nemenyi" in drawn.opts.get("plot").kwargs["title"]


def test_every_plot_can_be_drawn(points):
    for plot in (decision_curves(points), refinement_quality(points, "knn")):
        assert hv.render(plot)


@pytest.mark.parametrize("plot", [pollution_curves, decision_curves])
def test_a_table_that_lacks_a_column_is_refused(plot):
    with pytest.raises(SchemaError, match="pollution"):
        plot(pd.DataFrame({"study": [], "detector": [], "metric": [], "value": []}))


def test_what_was_not_measured_is_refused(points):
    with pytest.raises(SchemaError, match="au_pro"):
        pollution_curves(points, "au_pro")
    with pytest.raises(SchemaError, match="padim"):
        refinement_curves(points, "padim")


def test_names_keep_their_order_and_distance():
    rng = np.random.default_rng(0)
    places = rng.random(8)
    moved = np.array(spread(places, 0.1, low=0.0))
    assert (np.argsort(moved) == np.argsort(places)).all()
    assert np.diff(np.sort(moved)).min() > 0.1 - 1e-9
    assert moved.min() >= 0


def test_references_have_colours_of_their_own():
    found = strategy_colours(["sroc", "random", "stoc", "perfect"])
    assert len(set(found.values())) == 4
    assert found["sroc"] != found["random"] != found["perfect"]
