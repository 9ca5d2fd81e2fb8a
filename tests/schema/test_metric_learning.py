"""Tables of metric learning: a trial is told by its key, and what was not measured says why."""

import pandas as pd
import pytest

from anomalylab.errors import SchemaError
from anomalylab.runs.folder import TABLES
from anomalylab.schema import metric_learning as tables

TRIAL = {
    "category": "bottle",
    "experiment": "twins",
    "loss": "arcface",
    "is_as_published": False,
    "seed": 0,
}
OF_TRIALS = [table for name, table in vars(tables).items() if name.startswith("METRIC_")]


@pytest.mark.parametrize("table", OF_TRIALS, ids=lambda table: table.name)
def test_every_table_begins_with_the_key_of_a_trial_and_a_run_can_hold_it(table):
    assert tuple(table.columns)[: len(tables.KEY)] == tables.KEY == tuple(TRIAL)
    assert table.key[: len(tables.KEY)] == tables.KEY
    assert TABLES[table.name] is table


def test_trials_differ_in_any_part_of_their_key_but_are_trained_once():
    counts = {"n_train": 9, "n_classes": 2, "epochs": 4, "best_epoch": 3, "trained_on": ""}
    row = {**TRIAL, "status": "done", "reason": "", **counts, "seconds": None}
    others = [{**row, "seed": 1}, {**row, "is_as_published": True}]
    tables.METRIC_TRAININGS.check(pd.DataFrame([row, *others]))
    with pytest.raises(SchemaError, match="repeat a key"):
        tables.METRIC_TRAININGS.check(pd.DataFrame([row, row]))


def test_what_was_not_measured_has_a_reason_instead_of_a_value():
    row = {**TRIAL, "metric": "auroc", "value": None, "low": None, "high": None}
    table = pd.DataFrame([{**row, "published": 0.997, "note": "no labelled test images"}])
    assert tables.METRIC_VALUES.check(table)["value"].isna().all()
    with pytest.raises(SchemaError, match="note"):
        tables.METRIC_VALUES.check(table.assign(note=None))
