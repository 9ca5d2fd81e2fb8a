"""Tables of studies: a cell is told by its key, and what was not measured may be missing."""

import pandas as pd
import pytest

from anomalylab.errors import SchemaError
from anomalylab.runs.folder import TABLES
from anomalylab.schema import study

CELL = {
    "category": "bottle",
    "study": "refinement",
    "detector": "padim",
    "pollution": 0.2,
    "strategy": "sroc leave_out=group",
    "scorer": "mahalanobis",
    "reject": 0.4,
    "seed": 3,
}
TABLES_OF_CELLS = (study.STUDY_CELLS, study.STUDY_METRICS, study.STUDY_SCORES, study.STUDY_TIMES)
TABLES_OF_CELLS += (study.STUDY_HEALED,)


@pytest.mark.parametrize("table", TABLES_OF_CELLS, ids=lambda table: table.name)
def test_every_table_begins_with_the_key_of_a_cell_and_a_run_can_hold_it(table):
    assert tuple(table.columns)[: len(study.KEY)] == study.KEY == tuple(CELL)
    assert TABLES[table.name] is table


def test_cells_differ_in_any_part_of_their_key_but_occur_once():
    counts = {"n_train": 10, "n_polluted": 2, "n_removed": 4, "n_removed_polluted": 1}
    row = {**CELL, "status": "done", "reason": "", **counts}
    study.STUDY_CELLS.check(pd.DataFrame([row, {**row, "scorer": "padim"}, {**row, "seed": 4}]))
    with pytest.raises(SchemaError, match="repeat a key"):
        study.STUDY_CELLS.check(pd.DataFrame([row, row]))


def test_metrics_that_are_not_defined_are_missing_but_cells_always_have_a_key():
    rows = [
        {**CELL, "metric": "au_pro", "value": None},
        {**CELL, "metric": "auroc", "value": 0.5},
    ]
    study.STUDY_METRICS.check(pd.DataFrame(rows))
    with pytest.raises(SchemaError, match=r"study_metrics.strategy has 1 missing"):
        study.STUDY_METRICS.check(pd.DataFrame([{**rows[1], "strategy": None}]))
