"""Points of curves, and differences with intervals that cover images and seeds."""

import numpy as np
import pandas as pd
import pytest
from study_tables import study_tables

from anomalylab.schema.study import STUDY_CELLS, STUDY_METRICS
from anomalylab.studies.curves import curves, with_intervals
from anomalylab.studies.effects import effect


@pytest.fixture(scope="module")
def tables():
    return study_tables()


def rows(values, **more):
    """STUDY_METRICS of category -> one value a seed."""
    key = {"study": "pollution", "detector": "knn", "pollution": 0.2, "strategy": "none"}
    key |= {"scorer": "", "reject": 0.0, "metric": "auroc"} | more
    return pd.DataFrame(
        [
            {"category": category, "seed": seed, "value": value, **key}
            for category, of_seeds in values.items()
            for seed, value in enumerate(of_seeds)
        ]
    )


def test_the_made_up_study_is_one_by_the_schema(tables):
    STUDY_CELLS.check(tables.cells)
    STUDY_METRICS.check(tables.metrics)


def test_both_deviations_of_a_mean_by_hand():
    point = curves(rows({"a": [0.1, 0.3], "b": [0.7, 0.5]})).iloc[0]
    assert point["value"] == pytest.approx(0.4)
    assert point["deviation"] == pytest.approx(np.std([0.1, 0.3], ddof=1))
    assert point["deviation_of_mean"] == pytest.approx(0)
    assert (point["n_categories"], point["n_seeds"], point["left_out"]) == (2, 2, "")


def test_a_category_without_all_seeds_is_left_out_and_named():
    table = pd.concat([rows({"a": [0.1, 0.3], "b": [0.9]}), rows({"c": [np.nan, 0.5]})])
    point = curves(table).iloc[0]
    assert point["value"] == pytest.approx(0.2)
    assert (point["n_categories"], point["left_out"]) == (1, "b, c")


def test_one_seed_has_no_deviation():
    assert np.isnan(curves(rows({"a": [0.5]})).iloc[0]["deviation"])


def test_intervals_hold_the_mean_and_grow_with_what_varies():
    narrow, wide = rows({"a": [0.5, 0.51, 0.49]}), rows({"a": [0.5, 0.9, 0.1]}, detector="wide")
    table = pd.concat([narrow, wide])
    found = with_intervals(curves(table), table).set_index("detector")
    assert (found["low"] <= found["value"]).all()
    assert (found["high"] >= found["value"]).all()
    width = found["high"] - found["low"]
    assert width["wide"] > 10 * width["knn"]


def at(level, detector="knn"):
    return {"study": "pollution", "detector": detector, "pollution": level}


def test_an_effect_is_the_mean_difference_of_pairs(tables):
    found = effect(tables.metrics, tables.scores, "recall_at_5", at(0.0), at(0.2))
    table = tables.metrics[tables.metrics["metric"] == "recall_at_5"]
    means = [
        table[
            (table["study"] == "pollution")
            & (table["detector"] == "knn")
            & (table["pollution"] == level)
        ]["value"].mean()
        for level in (0.0, 0.2)
    ]
    assert (found.before, found.after) == pytest.approx(tuple(means))
    assert found.n_pairs == 6
    assert found.low <= found.value <= found.high


def test_a_loss_of_decisions_is_certain_and_nothing_is_not(tables):
    lost = effect(tables.metrics, tables.scores, "recall_at_5", at(0.0), at(0.2))
    assert lost.is_certain
    assert lost.value < -0.3
    same = effect(tables.metrics, tables.scores, "auroc", at(0.2), at(0.2))
    assert same.value == 0
    assert not same.is_certain


def test_other_test_images_widen_the_interval_even_if_all_seeds_agree(tables):
    """Seeds that give the same numbers say nothing about other images."""
    constant = tables.metrics.assign(
        value=tables.metrics.groupby(["category", "detector", "pollution", "study", "metric"])[
            "value"
        ].transform("mean")
    )
    of_seeds = effect(constant, tables.scores.head(0), "auroc", at(0.0), at(0.2))
    of_both = effect(constant, tables.scores, "auroc", at(0.0), at(0.2))
    assert of_both.high - of_both.low > (of_seeds.high - of_seeds.low) + 0.01


def test_what_was_not_measured_has_no_effect(tables):
    assert effect(tables.metrics, tables.scores, "au_pro", at(0.0), at(0.2)) is None
