"""Recall of each type of defect, in runs of today and of before."""

import fakes
import pandas as pd
from pandas.testing import assert_frame_equal

from anomalylab.runs.folder import Run
from anomalylab.runs.recall import recall_of, recall_table


def test_a_run_without_the_table_counts_its_scores(tmp_path):
    run = fakes.fake_run(tmp_path / "run")
    assert run.table("recall").empty
    table = recall_of(run)
    assert len(table) == 2 * len(run.detectors)
    queries = run.queries.set_index("sample_id")
    for row in table.itertuples():
        scores = run.scores(row.detector).set_index("sample_id")["score"]
        own = queries[(queries["label"] == 1) & (queries["defect_type"] == row.defect_type)]
        assert row.n_images == len(own)
        assert row.n_found == (scores[own.index] >= run.threshold(row.detector)).sum()


def test_good_images_and_unknown_ones_have_no_row(tmp_path):
    run = fakes.fake_run(tmp_path / "run")
    assert set(recall_of(run)["defect_type"]) == {"square", "<i>dent</i>"}
    assert recall_of(fakes.fake_run(tmp_path / "unlabelled", is_labelled=False)).empty
    untyped = run.queries.assign(defect_type=pd.NA)
    assert recall_table(untyped, run.table("scores"), run.table("thresholds")).empty


def test_a_run_of_the_recipe_keeps_the_table(pc_run):
    run = Run(pc_run.folder)
    kept = run.table("recall")
    assert set(kept["detector"]) == set(run.detectors)
    assert set(kept["defect_type"]) == {"defect"}
    again = recall_table(run.queries, run.table("scores"), run.table("thresholds"))
    assert_frame_equal(kept, again, check_dtype=False)
