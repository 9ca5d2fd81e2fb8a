"""Settings are compared by how they rank planted defects; what cannot be told apart is tied."""

import numpy as np
import pandas as pd
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import auroc
from anomalylab.schema.planted import CHOICE
from anomalylab.verdicts.choice import chosen, rankings

N_IMAGES, N_WIDTHS = 20, 3


def planted(detector, strength, rng, untouched):
    """Defects of three widths in twenty images; their scores are raised by ``strength``."""
    rows = [(image, width) for image in range(N_IMAGES) for width in range(N_WIDTHS)]
    images, widths = (np.array(part) for part in zip(*rows, strict=True))
    scores = untouched[images] + strength * (1 + widths) + rng.normal(0, 0.3, len(rows))
    table = {"plant": np.arange(len(rows)), "sample_id": [f"{i}.png" for i in images]}
    table |= {"defect": "spot", "width": widths, "contrast": 1.0}
    return pd.DataFrame(
        {"detector": detector, **table, "score": scores, "score_before": untouched[images]}
    )


@pytest.fixture
def untouched(rng):
    return rng.normal(size=N_IMAGES)


def test_the_figure_is_the_mean_auroc_over_kinds_widths_and_contrasts(rng, untouched):
    table = planted("knn", 0.5, rng, untouched)
    expected = [
        auroc([0] * N_IMAGES + [1] * len(rows), np.append(untouched, rows["score"]))
        for _, rows in table.groupby("width")
    ]
    found = rankings(table, seed=0).iloc[0]
    assert found["figure"] == pytest.approx(np.mean(expected))
    assert found["low"] < found["figure"] < found["high"]
    assert found["behind"] == found["behind_low"] == found["behind_high"] == 0


def test_a_weak_setting_is_told_from_a_strong_one_and_an_equal_one_is_not(rng, untouched):
    strengths = {"weak": 0.05, "strong": 1.0, "equal": 1.0}
    tables = [planted(name, strength, rng, untouched) for name, strength in strengths.items()]
    found = rankings(pd.concat(tables), seed=0).set_index("detector")
    assert found["is_tied"].to_dict() == {"strong": True, "equal": True, "weak": False}
    assert found["behind"].is_monotonic_increasing


def test_tied_settings_are_taken_by_preference_and_the_others_by_their_figure():
    table = pd.DataFrame(
        {"detector": ["c", "a", "d", "b"], "is_tied": [True, True, False, False]},
    )
    assert chosen(table, ["a", "b", "c", "d"]) == ["a", "c", "d", "b"]


def test_the_interval_of_the_figure_covers_it_as_often_as_it_says():
    covered, true_figure = [], None
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = rankings(planted("knn", 0.4, rng, rng.normal(size=N_IMAGES)), seed=0).iloc[0]
        if true_figure is None:
            many = [np.random.default_rng(1000 + i) for i in range(200)]
            drawn = (planted("knn", 0.4, r, r.normal(size=N_IMAGES)) for r in many)
            true_figure = np.mean([rankings(table, seed=0)["figure"].iloc[0] for table in drawn])
        covered.append(found["low"] <= true_figure <= found["high"])
    assert np.mean(covered) >= 0.75  # 90 % less three errors, and images beneath are few


def test_settings_that_scored_other_plants_are_refused(rng, untouched):
    one, other = planted("a", 1.0, rng, untouched), planted("b", 1.0, rng, untouched)
    with pytest.raises(ParameterError, match="the same planted images"):
        rankings(pd.concat([one, other.assign(plant=other["plant"] + 1)]), seed=0)


def test_a_table_of_the_choice_has_columns_of_its_schema(rng, untouched):
    table = rankings(planted("knn", 0.5, rng, untouched), seed=0)
    missing = set(CHOICE.columns) - set(table)
    assert missing == {"size", "stated", "stated_low", "stated_high"}
