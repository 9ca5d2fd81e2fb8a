"""What a run of metric learning says: no more than its numbers allow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from anomalylab.recipes.metric_learning.found import Found
from anomalylab.recipes.metric_learning.info import MetricLearningInfo
from anomalylab.recipes.metric_learning.told import HEADLINE, verdicts

PART = MetricLearningInfo(
    experiment="twins", losses=["arcface"], categories=["bottle"], seeds=[0], n_trials=1
)


def found(values, part=PART, distances=()):
    """A run of (category, loss, metric, value) or (..., value, seed)."""
    rows = [
        {
            "category": category,
            "loss": loss,
            "metric": metric,
            "value": value,
            "seed": (*seed, 0)[0],
            "low": value - 0.1,
            "high": value + 0.1,
            "published": 0.997 if category == "bottle" and metric == "auroc" else np.nan,
            "is_as_published": False,
        }
        for category, loss, metric, value, *seed in values
    ]
    columns = ["category", "loss", "metric", "value", "seed", "low", "high", "published"]
    table = pd.DataFrame(rows, columns=[*columns, "is_as_published"])
    return Found({"metric_values": table, "metric_distances": pd.DataFrame(distances)}, part)


def headline(one):
    return verdicts(one)[HEADLINE].sentence


def distances_of(loss, good, bad):
    rows = [("good", 0, value) for value in good] + [("cut", 1, value) for value in bad]
    return [
        {
            "category": "bottle",
            "loss": loss,
            "is_as_published": False,
            "seed": 0,
            "sample_id": str(number),
            "role": "test",
            "label": label,
            "defect_type": kind,
            "distance": value,
        }
        for number, (kind, label, value) in enumerate(rows)
    ]


def test_one_loss_on_one_category_stands_with_its_interval_beside_what_is_published():
    told = headline(found([("bottle", "arcface", "auroc", 0.9)]))
    assert "ArcFace ranks defective bottle images above good ones with AUROC 0.900" in told
    assert told.endswith("(95 %: 0.80 to 1.00). Published, with a larger network: 0.997.")


@pytest.mark.parametrize("is_clear", [True, False])
def test_a_loss_is_ahead_only_beyond_chance(is_clear):
    part = replace(PART, losses=["arcface", "center"], n_trials=2)
    good, bad = np.arange(30.0), np.arange(30.0) + 100
    other = bad[::-1] - (100 if is_clear else 0)
    rows = distances_of("arcface", good, bad) + distances_of("center", good, other)
    values = [("bottle", "arcface", "auroc", 1.0), ("bottle", "center", "auroc", 0.5)]
    told = headline(found(values, part, rows))
    assert "0.500 (center loss) to 1.000 (ArcFace)" in told
    assert ("ArcFace is ahead of center loss beyond chance." in told) == is_clear
    assert ("None of the other losses can be told from ArcFace" in told) != is_clear


def test_means_are_over_categories_and_give_no_order_of_few():
    part = replace(PART, losses=["arcface", "center"], categories=["bottle", "tile"])
    values = [
        (c, x, "auroc", v)
        for c, x, v in (
            ("bottle", "arcface", 0.9),
            ("bottle", "center", 0.6),
            ("tile", "arcface", 0.7),
            ("tile", "center", 0.7),
        )
    ]
    told = headline(found(values, part))
    assert "Mean over 2 categories: ArcFace 0.800, center loss 0.650; so few categories" in told


def test_of_one_defect_the_figure_that_flatters_is_told_as_such():
    part = replace(PART, experiment="one-defect", defects={"bottle": "cut"})
    values = [("bottle", "arcface", "auroc", 0.95), ("bottle", "arcface", "auroc_untrained", 0.6)]
    told = verdicts(found(values, part))[HEADLINE]
    assert "it is 0.950, which says nothing of new images" in told.reason
    told = told.sentence
    assert "Trained on good images and cut, and judged by the other types" in told
    assert "AUROC 0.600 " in told
    assert "Published, of other products: 0.18 to 0.77." in told


def test_without_labels_only_planted_defects_are_told_of():
    told = verdicts(found([("bottle", "arcface", "planted_auroc", 0.8)]))
    assert {one.kind for one in told.values()} == {"undecidable"}
    assert "whether real defects are found is not known" in told[HEADLINE].sentence
    assert "Planted defects are told from the untouched images with AUROC 0.800" in headline(
        found([("bottle", "arcface", "planted_auroc", 0.8)])
    )
    assert told["arcface"].sentence.startswith("AUROC of planted defects: bottle 0.800")


def test_seeds_tell_how_far_figures_move():
    part = replace(PART, seeds=[0, 1])
    values = [("bottle", "arcface", "auroc", 0.9, 0), ("bottle", "arcface", "auroc", 0.7, 1)]
    told = verdicts(found(values, part))[HEADLINE]
    assert "AUROC 0.800 (95 %: 0.60 to 1.00)" in told.sentence
    told = told.reason
    assert "Over 2 seeds AUROC of one loss on one category moved by up to 0.200" in told


def test_where_all_defects_were_trained_on_nothing_is_known_of_others():
    part = replace(PART, experiment="one-defect", defects={"bottle": "cut"})
    told = verdicts(found([("bottle", "arcface", "auroc", 0.95)], part))
    assert told[HEADLINE].kind == "undecidable"
    assert told[HEADLINE].sentence.startswith("All defective test images were trained on")
    assert "it is 0.950" in told[HEADLINE].reason
