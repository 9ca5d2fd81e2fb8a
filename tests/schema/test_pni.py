"""Tables of the recipe of PNI: a trial is told by its key, refined or not."""

import pandas as pd
import pytest

from anomalylab.errors import SchemaError
from anomalylab.runs.folder import TABLES
from anomalylab.schema import pni as tables

TRIAL = {"category": "bottle", "variant": "pni", "seed": 0}
OF_TRIALS = [table for name, table in vars(tables).items() if name.startswith("PNI_")]


@pytest.mark.parametrize("table", OF_TRIALS, ids=lambda table: table.name)
def test_every_table_begins_with_the_key_of_a_trial_and_a_run_can_hold_it(table):
    is_explained = table in (tables.PNI_CELLS, tables.PNI_LISTED)  # of the variant pni alone
    key = tuple(name for name in TRIAL if name != "variant" or not is_explained)
    assert tuple(TRIAL) == tables.KEY
    assert tuple(table.columns)[: len(key)] == key
    assert TABLES[table.name] is table


def test_values_differ_by_blend_and_resolution():
    row = {**TRIAL, "blend": 0.0, "resolution": "image", "metric": "au_pro", "value": 0.9}
    row |= {"low": None, "high": None, "published": None, "note": ""}
    others = [{**row, "blend": 0.1}, {**row, "resolution": "480"}]
    assert len(tables.PNI_VALUES.check(pd.DataFrame([row, *others]))) == 3
    with pytest.raises(SchemaError, match="repeat a key"):
        tables.PNI_VALUES.check(pd.DataFrame([row, row]))
