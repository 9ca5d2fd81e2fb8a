"""The axis of histograms of scores against values by hand."""

import numpy as np
import pandas as pd
import pytest
from score_ranges import CASES

from anomalylab import plots
from anomalylab.plots.score_axis import ScoreAxis, score_axis


@pytest.mark.parametrize("case", CASES)
def test_the_axis_ends_where_it_should(case):
    scores, threshold, (low, high, is_log) = CASES[case]
    axis = score_axis(np.array(scores), threshold)
    assert axis == (pytest.approx(low), pytest.approx(high), is_log)
    assert axis.low <= threshold <= axis.high


def test_bins_have_one_width_in_what_the_axis_counts():
    assert ScoreAxis(1, 5, False).edges(2) == pytest.approx([1, 3, 5])
    assert ScoreAxis(1, 100, True).edges(2) == pytest.approx([1, 10, 100])


def test_images_beyond_are_counted_in_the_outermost_bins_and_said():
    scores = [-1e6, *range(1, 20), 1e6, 2e6]
    plot = plots.score_histogram(pd.DataFrame({"score": scores, "label": 0}), threshold=5)
    bars, line = plot
    counts = list(bars["images"])
    assert (counts[0], counts[-1], sum(counts)) == (1, 2, len(scores))
    assert -100 < bars.edges[0] < line.data < bars.edges[-1] < 100
    words = plot.opts["xlabel"]
    assert words == "← 1 beyond · image score · 2 beyond →"
