"""Runs side by side: matched by content, refused in a line, and no more claimed than is known."""

import json
import re
import shutil
import warnings
from dataclasses import replace

import fakes
import numpy as np
import pandas as pd
import pytest

from anomalylab.cli.main import main
from anomalylab.metrics import (
    auroc,
    auroc_interval,
    paired_auroc_difference,
    paired_rate_difference,
)
from anomalylab.reports import compare
from anomalylab.reports.side_by_side.differing import rows_that_differ
from anomalylab.reports.side_by_side.explorer import moved_most
from anomalylab.reports.side_by_side.headline import answer, flagged
from anomalylab.reports.side_by_side.matched import matched
from anomalylab.reports.side_by_side.measured import difference
from anomalylab.runs.folder import Run
from anomalylab.runs.info import write_info


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return [fakes.fake_run(folder / f"seed{seed}", seed=seed).folder for seed in range(3)]


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlabelled")
    return [
        fakes.fake_run(folder / f"seed{seed}", seed=seed, is_labelled=False).folder
        for seed in range(2)
    ]


@pytest.fixture
def pair(runs, tmp_path):
    """Copies of two runs, to be changed."""
    copies = [tmp_path / "runs" / run.name for run in runs[:2]]
    for run, copy in zip(runs, copies, strict=False):
        shutil.copytree(run, copy)
        (copy / "files.json").unlink(missing_ok=True)
    return copies


def change(run, name, **columns):
    """Replace columns of a table; a value may be a function of the table."""
    path = run / f"{name}.parquet"
    table = pd.read_parquet(path)
    given = {n: value(table) if callable(value) else value for n, value in columns.items()}
    table.assign(**given).to_parquet(path, index=False)


def scores_by_content(run, detector):
    run = Run(run)
    table = run.scores(detector).merge(run.samples, on="sample_id")
    return table.set_index("content_hash")["score"]


def refusal(capsys, *runs, out="out.html"):
    assert main(["compare", *map(str, runs), "-o", str(out)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_images_are_matched_by_content_whatever_they_are_called_and_in_whatever_order(pair):
    a, b = pair
    before = scores_by_content(b, "knn")
    for name in ("samples", "scores", "thumbnails"):
        change(b, name, sample_id=lambda t: "moved/" + t["sample_id"].str[::-1])
    path = b / "samples.parquet"
    pd.read_parquet(path).iloc[::-1].to_parquet(path, index=False)
    change(b, "scores", score=lambda t: t["score"])

    found = matched([a, b])
    contents = found.sides[0].images["content_hash"]
    assert contents.tolist() == found.sides[1].images["content_hash"].tolist()
    assert len(contents) == 24
    for method in found.methods:
        run = method.side.run.folder
        wanted = scores_by_content(run, method.detector).loc[contents]
        assert method.scores == pytest.approx(wanted.to_numpy())
    assert scores_by_content(b, "knn").loc[contents].to_numpy() == pytest.approx(
        before.loc[contents].to_numpy()
    )


def test_only_images_that_all_runs_judged_count_and_the_others_are_told(pair, tmp_path):
    a, b = pair
    last = Run(b).queries["sample_id"].iloc[-5:]
    change(
        b,
        "samples",
        content_hash=lambda t: t["content_hash"].where(~t["sample_id"].isin(last), "other"),
    )
    found = matched([a, b])
    assert len(found.labels) == 19
    page = compare([a, b], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "All of them judged 19 images" in page
    assert "seed0 judged 5 others more, seed1 judged 5 others more" in page


def test_of_copies_in_one_run_the_first_counts(pair):
    a, b = pair
    first, second = Run(b).queries["sample_id"].iloc[:2]
    content = Run(b).queries["content_hash"].iloc[0]
    change(
        b,
        "samples",
        content_hash=lambda t: t["content_hash"].where(t["sample_id"] != second, content),
    )
    found = matched([a, b])
    assert len(found.labels) == 23
    assert found.sides[1].images["sample_id"].iloc[0] == first


def test_a_class_that_one_run_knows_counts_and_one_they_contradict_each_other_on_does_not(pair):
    a, b = pair
    ids = Run(a).queries["sample_id"]
    truth = Run(a).queries["label"].astype(float)
    change(a, "samples", label=lambda t: t["label"].mask(t["sample_id"] == ids[3]))
    change(b, "samples", label=lambda t: t["label"].mask(t["sample_id"] == ids[5], 1 - truth[5]))
    found = matched([a, b])
    assert found.n_contradictions == 1
    assert np.isnan(found.labels[5])
    assert found.labels.drop(5).tolist() == truth.drop(5).tolist()


def test_the_difference_in_the_headline_is_that_of_the_labelled_common_images(runs):
    found = matched(runs[:2])
    (a, b), *_ = found.pairs()
    assert (a.detector, b.detector) == ("patchcore", "patchcore")
    rng = np.random.default_rng(0)
    truth = found.truth
    for shift, words in ((1.5, "better than"), (0.0, "cannot be told apart")):
        noise = rng.normal(size=(2, len(truth)))
        c = replace(a, scores=noise[0] + truth * 0.3)
        d = replace(b, scores=noise[0] + 0.2 * noise[1] + truth * (0.3 + shift))
        wanted = paired_auroc_difference(truth, d.scores, c.scores)
        assert difference(found, "auroc", c, d) == pytest.approx(wanted)
        assert (wanted[1] > 0) == (shift > 0)
        sentence = answer(found, c, d)
        assert words in sentence
        assert f"{auroc(truth, d.scores):.3f}" in sentence
        assert sentence.replace(c.name, "?") != sentence
        if shift:
            assert answer(found, d, c) == sentence
            assert sentence.startswith("seed1: patchcore ranks 6 defective images and 18 good ones")


def test_perfect_runs_are_not_called_equal_beyond_these_images(runs):
    found = matched(runs[:2])
    (a, b), *_ = found.pairs()
    truth = found.truth
    sentence = answer(found, replace(a, scores=truth * 1.0), replace(b, scores=truth * 5.0))
    assert "AUROC 1.000 and 1.000, difference 0.0" in sentence
    (least, _), n = auroc_interval(truth, truth), (truth == 1).sum()
    assert 0 < least < 0.9
    assert n == 6
    assert f"95 % interval −{1 - least:.2f} to +{1 - least:.2f}" in sentence


def test_few_images_of_a_class_allow_no_claim(runs):
    found = matched(runs[:2])
    (a, b), *_ = found.pairs()
    kept = np.r_[np.flatnonzero(found.truth == 0), np.flatnonzero(found.truth == 1)[:4]]
    few = replace(found, labels=found.labels[kept].reset_index(drop=True))
    c, d = (replace(m, scores=s) for m, s in ((a, -few.truth * 1.0), (b, few.truth * 1.0)))
    sentence = answer(few, c, d)
    assert sentence.startswith("4 defective images and 18 good ones are too few to say")


def test_without_labels_nothing_is_called_better(unlabelled, tmp_path):
    found = matched(unlabelled)
    (a, b), *_ = found.pairs()
    assert answer(found, a, b) == (
        "No judged image has a label: nothing says whether seed0: patchcore or seed1: patchcore is "
        "better."
    )
    page = compare(unlabelled, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Spearman; 95 % interval" in page
    assert "Metrics cannot be compared: no judged image has a label" in page
    assert "Values</h3>" not in page
    assert "pairs are compared" not in page


def test_differences_of_shares_are_those_of_images_that_each_run_sets_right(runs):
    found = matched(runs[:2])
    (a, b), *_ = found.pairs()
    truth = found.truth
    values = np.sort(a.scores[truth == 1])
    c, d = replace(a, threshold=values[3]), replace(b, scores=a.scores, threshold=values[1])
    of_recall = difference(found, "recall", c, d)
    assert of_recall.value == pytest.approx(2 / 6)
    is_above = [m.is_above[found.is_labelled] for m in (d, c)]
    assert of_recall == paired_rate_difference(*(seen[truth == 1] for seen in is_above))
    of_specificity = difference(found, "specificity", c, d)
    assert of_specificity == paired_rate_difference(*(~seen[truth == 0] for seen in is_above))
    assert of_specificity.value <= 0
    assert flagged(found, c).startswith(
        "At the thresholds of the runs seed0: patchcore finds 3 of 6"
    )


@pytest.mark.parametrize("metric", ["auroc", "ap", "recall", "specificity"])
def test_no_difference_closes_where_runs_agree(runs, metric):
    found = matched(runs[:2])
    (a, b), *_ = found.pairs()
    truth = found.truth
    perfect = [replace(m, scores=truth * 1.0, threshold=0.5) for m in (a, b)]
    of_pair = difference(found, metric, *perfect)
    assert of_pair.value == 0
    assert of_pair.low < -0.05
    assert of_pair.high > 0.05


def test_images_that_changed_sides_come_first_then_those_whose_ranks_moved_most(runs):
    a, b = next(matched(runs[:2]).pairs())
    c = replace(a, scores=np.array([5.0, 4, 3, 2, 1]), threshold=2.5)
    d = replace(b, scores=np.array([5.0, 1, 3, 2.6, 4]), threshold=2.5)
    assert c.ranks.tolist() == [1, 2, 3, 4, 5]
    assert d.ranks.tolist() == [1, 5, 3, 4, 2]
    assert moved_most(c, d).tolist() == [1, 4, 3, 0, 2]


def test_the_page_holds_whole_runs_escaped_and_has_the_same_bytes_again(runs, tmp_path):
    page = compare(runs, tmp_path / "a.html")
    again = compare(runs, tmp_path / "again" / "b.html")
    assert page.read_bytes() == again.read_bytes()
    html = page.read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert str(tmp_path) not in html
    data = re.search(r'<script type="application/json">(.+?)</script>', html)[1]
    data = json.loads(data)
    assert [method["name"] for method in data["methods"]] == [
        f"seed{seed}: {detector}" for seed in range(3) for detector in fakes.DETECTORS
    ]
    assert len(data["images"]) == 24
    assert len(data["answers"]) == 15
    assert data["first"] == [0, 2]
    assert "4 pairs are compared" in html


def test_runs_of_a_name_are_numbered_and_their_differences_listed(pair, tmp_path):
    a, b = pair
    b = b.rename(tmp_path / a.name)
    write_info(replace(Run(b).info, seed=7), b)
    page = compare([a, b], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "seed0 (1): patchcore" in page
    row = re.search(r'<th scope="row">seed</th><td[^>]*>(\d)</td><td[^>]*>(\d)</td>', page)
    assert row.groups() == ("0", "7")
    assert rows_that_differ([{"a": "1"}, {"a": "1"}]) == []


def test_a_pc_space_run_is_compared_by_its_scores_and_without_maps(pc_run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(pc_run.folder, copy)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = compare([pc_run.folder, copy], tmp_path / "page.html")
    html = page.read_text(encoding="utf-8")
    assert "3 defective images and 4 good ones are too few to say whether run:" in html
    data = json.loads(re.search(r'<script type="application/json">(.+?)</script>', html)[1])
    assert all(method["maps"] == "" for method in data["methods"])


def test_fewer_than_two_runs_the_same_twice_and_what_is_no_run_are_refused(runs, tmp_path, capsys):
    a = runs[0]
    assert "name two runs or more" in refusal(capsys, a)
    assert "is named twice" in refusal(capsys, a, a.parent / "." / a.name)
    assert "holds no finished run" in refusal(capsys, a, tmp_path / "nowhere")
    assert "is a folder" in refusal(capsys, a, runs[1], out=tmp_path)
    assert "is a file" in refusal(capsys, a, runs[1], out=a / "run.json" / "page.html")


def test_runs_without_a_common_image_are_refused_with_how_many_each_has(pair, capsys):
    a, b = pair
    change(b, "samples", content_hash=lambda t: "other " + t["content_hash"])
    error = refusal(capsys, a, b)
    assert f"no image was judged by all of these runs (24 images in {a}, 24 images in {b})" in error


def test_a_run_without_hashes_or_scores_is_refused(pair, capsys):
    a, b = pair
    change(a, "samples", content_hash=None)
    assert "kept no hashes of images" in refusal(capsys, a, b)
    (b / "scores.parquet").unlink()
    assert str(b) in refusal(capsys, b, a)


@pytest.mark.parametrize("how", ["cut", "emptied", "removed"])
@pytest.mark.parametrize(
    "name",
    [
        "run.json",
        "samples.parquet",
        "scores.parquet",
        "thresholds.parquet",
        "metrics.parquet",
        "thumbnails.parquet",
        "maps/knn.npy",
    ],
)
def test_a_damaged_run_is_told_in_a_line_and_nothing_is_written(pair, tmp_path, capsys, name, how):
    a, b = pair
    path, out = b / name, tmp_path / "out.html"
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 if how == "cut" else 0])
    assert str(b) in refusal(capsys, a, b, out=out)
    assert not out.exists()
