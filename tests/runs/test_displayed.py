"""What pages and live views both show of a run."""

import numpy as np
import pandas as pd
import pytest
from fakes import fake_run

from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD
from anomalylab.runs.displayed import displayed_map, further_columns, map_bytes


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_run(tmp_path_factory.mktemp("runs") / "fake")


def test_columns_that_tell_images_apart_travel_along():
    samples = pd.DataFrame(
        {"sample_id": ["a", "b"], "shift": [1, 2], "batch": ["x", "x"], "note": [None, "wet"]}
    )
    assert further_columns(samples) == ["shift", "note"]


def test_a_byte_is_a_sixtieth_of_the_threshold_of_the_map_that_is_displayed(run):
    cells = map_bytes(run, "patchcore")
    assert cells.shape == run.score_maps("patchcore").shape
    share = displayed_map(run, "patchcore", 3, cells.shape[1:]) / run.threshold("patchcore", "map")
    assert (cells[3] == np.clip(np.round(share * STEPS_PER_THRESHOLD), 0, 255)).all()


def test_thresholds_begin_with_the_default(run):
    for kind in ("image", "map"):
        rows = run.thresholds("knn", kind)
        assert rows["is_default"].tolist() == [True, *[False] * (len(rows) - 1)]
        assert set(rows["kind"]) == {kind}
        assert rows["value"].iloc[0] == run.threshold("knn", kind)
