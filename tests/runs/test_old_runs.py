"""A run written by an old version opens for ever."""

from pathlib import Path

import pytest

from anomalylab.apps.detect.judgements import judgements
from anomalylab.reports import detect
from anomalylab.runs.folder import TABLES, Run

OLD = Path(__file__).parents[1] / "data"


@pytest.fixture(params=["run_v1"])
def old(request):
    return Run(OLD / request.param)


def test_every_table_of_an_old_run_can_be_read(old):
    for name, table in TABLES.items():
        table.check(old.table(name))
    assert old.score_maps("knn").shape == (6, 14, 14)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("verdict", "patchcore finds 6 of 6 defective images"),
        ("explorer", '{"id":"image_009.png","name":"image_009.png","label":0'),
        ("curves", "patchcore  0.990"),
        ("comparison", "0.97 to 1.00"),
        ("provenance", "anomalylab run fake"),
    ],
)
def test_every_part_of_the_page_can_be_made_of_an_old_run(old, part, told):
    assert told in getattr(detect, part)(old).html


def test_the_views_can_be_made_of_an_old_run(old):
    assert len(judgements(old, "patchcore")) == 6
