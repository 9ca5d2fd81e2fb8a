"""What a study says of itself on the command line and in ``run.json``."""

import pandas as pd
from study_tables import study_tables

from anomalylab.studies.findings import Findings
from anomalylab.studies.opened import Study
from anomalylab.studies.sentences import mending
from anomalylab.studies.told import verdicts


def _named(tables):
    return {
        "study_cells": tables.cells,
        "study_metrics": tables.metrics,
        "study_scores": tables.scores,
        "samples": tables.samples,
        "thumbnails": tables.thumbnails,
    }


def test_a_study_says_what_its_page_says():
    tables = study_tables()
    told = verdicts(_named(tables), ["knn", "patchcore"], "replace")
    assert list(told) == ["knn", "patchcore"]
    for sentence, (label, one) in zip(mending(Findings(Study(tables))), told.items(), strict=True):
        assert one.kind == "measured"
        assert one.sentence.startswith(f"{label}: 20\u202f% polluted: AUROC ")
        assert one.sentence.endswith(sentence.removeprefix(f"{label}: r"))
        assert "Removing 20\u202f% of the images" in one.sentence


def test_a_study_of_which_no_cell_was_computed_says_where_to_look():
    tables = {name: table.iloc[:0] for name, table in _named(study_tables()).items()}
    assert isinstance(tables["samples"], pd.DataFrame)
    (told,) = verdicts(tables, ["knn"], "replace").values()
    assert told.sentence == "knn: What was measured stands in the tables."
