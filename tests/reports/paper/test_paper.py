"""Tables and figures of the publication from a study: values beside published ones, and files."""

import re

import pandas as pd
import pytest
from study_tables import study_tables

from anomalylab.errors import ParameterError
from anomalylab.reports import paper
from anomalylab.reports.paper.files import escaped
from anomalylab.reports.paper.tables import agreement
from anomalylab.studies.opened import Study, StudyData
from anomalylab.studies.paper import base, paper_table
from anomalylab.studies.published import published

NUMBERS = (1, 2, 4)


def opened(tables):
    own = (tables.cells, tables.metrics, tables.scores, tables.samples, tables.thumbnails)
    return Study(StudyData(*own), "made-up")


@pytest.fixture(scope="module")
def study():
    """Two published products and one that is not; detectors with presets."""
    tables = study_tables(("bottle", "tile", "<i>a_b & c</i>"))
    for table in (tables.cells, tables.metrics, tables.scores):
        table["detector"] = table["detector"] + "@sroc"
        is_named = table["scorer"] != ""
        table["scorer"] = table["scorer"].where(~is_named, table["scorer"] + "@sroc")
    return opened(tables)


def one(table, **where):
    rows = table.rows
    for name, value in where.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_labels_lose_their_options():
    labels = ["patchcore@sroc", "knn-k=3,levels=block4", "cross-validation folds=3", "bagged-n"]
    assert [base(label) for label in labels] == ["patchcore", "knn", "cross-validation", "bagged-n"]


def test_values_of_the_study_stand_beside_published_ones_of_the_same_cell(study):
    row = one(paper_table(study, 1), category="bottle", detector="knn", pollution=0.2)
    metrics = study.tables.metrics
    own = metrics[
        (metrics["study"] == "pollution")
        & (metrics["category"] == "bottle")
        & (metrics["detector"] == "knn@sroc")
        & (metrics["pollution"] == 0.2)
        & (metrics["metric"] == "auroc")
    ]["value"]
    assert (row["value"], row["deviation"]) == pytest.approx((own.mean(), own.std()))
    assert (row["published"], row["published_deviation"]) == (0.987, 0.003)


def test_the_mean_is_compared_with_the_published_mean_of_the_same_products(study):
    row = one(paper_table(study, 2), category="mean", detector="knn", metric="auroc", reject=0.4)
    assert row["published"] == 0.874  # of 13 products
    assert row["published_same"] == pytest.approx((0.985 + 0.992) / 2)  # of bottle and tile


def test_refinement_by_mahalanobis_is_no_refinement_by_oneself(study):
    own = one(paper_table(study, 2), category="mean", detector="knn", metric="auroc", reject=0.2)
    other = one(paper_table(study, 4), category="mean", detector="knn", metric="auroc", reject=0.2)
    assert (own["scorer"], other["scorer"]) == ("knn", "mahalanobis")
    assert (own["published"], other["published"]) == (0.889, 0.886)


def test_missing_products_are_named(study):
    table = paper_table(study, 1)
    assert "carpet" in table.missing
    assert "bottle" not in table.missing
    assert len(table.missing) == 11
    html = paper.about(study).html
    assert "2 of the 13 published products are in this study" in html
    assert "Not published: &lt;i&gt;a_b &amp; c&lt;/i&gt;" in html


def test_agreement_is_told_by_the_largest_difference(study):
    rows = paper_table(study, 1).rows
    both = rows[(rows["category"] == "mean") & (rows["metric"] == "auroc")].dropna(
        subset=["value", "published_same"]
    )
    off = 100 * (both["value"] - both["published_same"]).abs().max()
    assert f"{off:.1f} points" in agreement(paper_table(study, 1))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_published_number_stands_in_its_table(study, number):
    html = paper.table(study, number).html
    table = published()
    for row in table[(table["table"] == number) & (table["metric"] == "auroc")].itertuples():
        assert f"{100 * row.value:.1f}" in html
    assert "<i>a_b" not in html


def test_a_strategy_with_options_is_said_not_to_be_the_published_one(study):
    assert "sroc without options" in paper.table(study, 2).html


def test_figures_have_published_means_as_rings(study):
    html = paper.against_pollution(study).html
    assert html.count('class="al-hollow"') == 2 * 2  # detectors of the study, two levels
    assert "Figure 7: this study has no AU-IoU" in html
    refined = paper.against_reject(study).html
    assert refined.count('class="al-hollow"') == 2 * 3
    assert "Figure 4" in refined
    assert refined.count("stroke-dasharray") == 2  # perfect removal, a detector each
    assert "Figure 11" in paper.against_reject(study, "mahalanobis").html
    assert "Figure 5, knn@sroc" in paper.by_strategy(study).html


@pytest.mark.parametrize("number", NUMBERS)
def test_tables_are_written_as_csv_and_latex(study, tmp_path, number):
    as_csv, as_latex = paper.write_table(study, number, tmp_path)
    read = pd.read_csv(as_csv, keep_default_na=False, na_values={"value": [""], "published": [""]})
    expected = paper_table(study, number).rows
    assert len(read) == len(expected)
    pd.testing.assert_series_equal(read["value"], expected["value"], rtol=1e-8)
    text = as_latex.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    n_detectors = len(expected["detector"].unique())
    assert {line.count(" & ") for line in rows[1:]} == {2 * n_detectors}
    assert not re.search(r"(?<!\\)[%_#]", "\n".join(rows))
    assert text.count("% Published") == 1


def test_no_folder_no_files(study, tmp_path):
    assert paper.write_table(study, 1, "") == []
    with pytest.raises(ParameterError, match="no folder"):
        paper.write_table(study, 1, tmp_path / "none")


def test_latex_reads_what_was_written():
    assert escaped("a_b & 5\u202f% → ±") == r"a\_b \& 5\,\% $\rightarrow$ $\pm$"
