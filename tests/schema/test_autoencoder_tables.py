"""Tables of the auto-encoder: a run can hold each, and a threshold or a training stands once."""

import pandas as pd
import pytest

from anomalylab.errors import SchemaError
from anomalylab.runs.folder import TABLES
from anomalylab.schema import Table, autoencoder

OWN = [table for table in vars(autoencoder).values() if isinstance(table, Table)]


@pytest.mark.parametrize("table", OWN, ids=lambda table: table.name)
def test_a_run_can_hold_every_table(table):
    assert TABLES[table.name] is table
    assert table.name.startswith("autoencoder_")
    assert set(table.key) <= set(table.columns)


def test_a_threshold_is_chosen_once_by_each_method():
    row = {"method": "planted", "tau": 0.2, "level": 40, "uses_labels": False, "note": ""}
    autoencoder.TAUS.check(pd.DataFrame([row, {**row, "method": "f1_oracle"}]))
    with pytest.raises(SchemaError, match="repeat a key"):
        autoencoder.TAUS.check(pd.DataFrame([row, row]))
