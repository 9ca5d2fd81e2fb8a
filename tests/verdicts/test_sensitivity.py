"""Shares found of planted defects, by hand; bounds on what is left, against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, hypergeom

from anomalylab.errors import ParameterError
from anomalylab.schema.planted import SENSITIVITY
from anomalylab.verdicts.audit import looks_needed, most_left
from anomalylab.verdicts.sensitivity import sensitivity, smallest_found


def planted(scores, width=4, contrast=1.0, defect="spot", threshold=5.0):
    n = len(scores)
    return pd.DataFrame(
        {
            "detector": "knn",
            "plant": range(n),
            "sample_id": [f"{i}.png" for i in range(n)],
            "defect": defect,
            "width": width,
            "contrast": contrast,
            "measured_width": float(width),
            "difference": 20.0,
            "row": 1,
            "col": 1,
            "score_before": np.arange(n, dtype=float),
            "score": scores,
            "is_found": np.asarray(scores) >= threshold,
        }
    )


def test_the_share_found_has_its_exact_binomial_interval():
    row = sensitivity(planted([6.0, 4.5, 9.0, 1.0])).iloc[0]
    assert (row["n_images"], row["n_found"], row["found"]) == (4, 2, 0.5)
    assert binom.sf(1, 4, row["low"]) == pytest.approx(0.05)
    assert binom.cdf(2, 4, row["high"]) == pytest.approx(0.05)


def test_auroc_compares_planted_images_with_all_untouched_ones():
    row = sensitivity(planted([6.0, 4.5, 9.0, 1.0])).iloc[0]
    assert row["auroc"] == (4 + 4 + 4 + 1.5) / 16  # untouched ones score 0, 1, 2, 3
    assert row["auroc_low"] < row["auroc"] < row["auroc_high"]


def test_each_detector_kind_width_and_contrast_has_a_row():
    tables = [planted([6.0, 1.0], width=w, contrast=c) for w in (3, 8) for c in (0.3, 1.0)]
    together = pd.concat(tables, ignore_index=True)
    found = sensitivity(together.assign(plant=range(8)))
    SENSITIVITY.check(found)
    assert len(found) == 4


def test_the_smallest_defect_found_is_that_from_which_on_all_wider_ones_are():
    shares = {3: [9, 9], 8: [1, 1], 20: [9, 1], 40: [9, 9]}
    tables = [planted(np.array(scores, float), width=w) for w, scores in shares.items()]
    found = sensitivity(pd.concat(tables, ignore_index=True).assign(plant=range(8)))
    assert smallest_found(found)["width"].tolist() == [20]


def test_where_half_of_the_widest_are_not_found_there_is_no_smallest():
    found = sensitivity(planted([1.0, 1.0, 9.0]))
    assert np.isnan(smallest_found(found)["width"].iloc[0])


@pytest.mark.parametrize(("n", "m", "k"), [(50, 10, 1), (200, 30, 2), (37, 12, 0), (20, 20, 3)])
def test_the_most_defects_that_can_be_left_are_those_that_chance_still_hides(n, m, k):
    possible = [d for d in range(k, n - m + k + 1) if hypergeom.cdf(k, n, d, m) > 0.05]
    assert most_left(n, m, k) == max(possible)


def test_the_bound_holds_for_all_that_may_be_left():
    rng = np.random.default_rng(0)
    n, m, n_defective = 120, 40, 9
    is_defective = np.arange(n) < n_defective
    bounds = [most_left(n, m, int(is_defective[rng.permutation(n)[:m]].sum())) for _ in range(400)]
    assert np.mean(np.array(bounds) >= n_defective) >= 0.93  # 95 % within three errors


def test_as_many_looks_are_needed_as_the_bound_says():
    n_looks = looks_needed(800, 0.05)
    assert most_left(800, n_looks, 0) <= 40 < most_left(800, n_looks - 1, 0)
    assert looks_needed(10, 0.05) == 10


def test_more_found_than_looked_at_is_refused():
    with pytest.raises(ParameterError, match="0 <= found <= looked at <= kept"):
        most_left(10, 3, 4)
