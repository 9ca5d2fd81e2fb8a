"""What a run said, against labels that it has not seen: numbers counted by hand."""

import shutil

import numpy as np
import pandas as pd
import pytest
from fakes import fake_run

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_unlabelled
from anomalylab.errors import DatasetError, ParameterError, RunError, SchemaError
from anomalylab.metrics import rate_interval
from anomalylab.runs.detect import run
from anomalylab.runs.files import list_files
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.reveal import reveal
from anomalylab.schema import HIDDEN, REVEALED

THRESHOLD = 5.5
RANKED = [  # score, label, type, grade
    (8.0, 1, "spot", 1.0),
    (7.0, 0, "good", 0.0),
    (6.0, 1, "dent", 2 / 3),
    (5.0, 0, "good", 1 / 3),
    (4.0, 1, "spot", 1.0),
    (3.0, 0, "good", 0.0),
    (2.0, None, None, None),
    (1.0, 0, "good", 0.0),
]
"""Images, the most unusual first; of one nothing is known."""


def changed(folder, name, table):
    table.to_parquet(folder / f"{name}.parquet")
    list_files(folder)


def made_run(folder, ranked=RANKED):
    """A run of made-up scores, its images in another order than the ranking, labels hidden."""
    made = fake_run(folder, is_labelled=False, n_train=0, n_query=len(ranked))
    order = np.random.default_rng(1).permutation(len(ranked))
    rows = [ranked[i] for i in order]
    scores, thresholds = made.table("scores"), made.table("thresholds")
    is_first = scores["detector"] == made.detectors[0]
    scores.loc[is_first, "score"] = [row[0] for row in rows]
    is_used = (thresholds["detector"] == made.detectors[0]) & thresholds["is_default"]
    thresholds.loc[is_used, "value"] = THRESHOLD
    ids = made.queries["sample_id"]
    hidden = pd.DataFrame(
        {
            "sample_id": ids,
            "image_path": [f"kinds/{i}.png" for i in order],
            "mask_path": pd.array([None] * len(ids), dtype="string"),
            "split": "test",
            "label": pd.array([row[1] for row in rows], dtype="Int64"),
            "defect_type": [row[2] for row in rows],
            "grade": np.array([row[3] for row in rows], float),
        }
    )
    for name, table in (("scores", scores), ("thresholds", thresholds)):
        changed(folder, name, table)
    changed(folder, "hidden", HIDDEN.check(hidden))
    return Run(folder)


@pytest.fixture
def made(tmp_path):
    return made_run(tmp_path / "run")


def test_the_ranking_is_joined_with_what_is_known(made):
    table = reveal(made).table
    assert list(table["rank"]) == list(range(1, 9))
    assert list(table["score"]) == [row[0] for row in RANKED]
    assert list(table["label"].fillna(-1)) == [1, 0, 1, 0, 1, 0, -1, 0]
    assert list(table["image_path"]) == [f"kinds/{i}.png" for i in range(8)]
    assert list(table["is_beyond"]) == [True] * 3 + [False] * 5
    assert list(table.columns[:7]) == list(REVEALED.columns)


def test_suspects_are_counted_among_the_images_that_have_a_label(made):
    found = reveal(made)
    assert tuple(found.counts) == (2, 1, 1, 3)
    assert found.expected == made.info.verdicts[made.detectors[0]].expected_by_chance
    assert found.sentence == made.verdict


def test_the_head_of_the_ranking_is_one_and_a_half_times_the_defects(made):
    found = reveal(made)
    assert found.n_head == 5  # of 3 defective ones
    assert [found.n_defective_of_first(n) for n in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
    assert found.n_first == 7


def test_the_ranking_is_measured_by_pairs_and_by_precision(made):
    found = reveal(made)
    auroc, low, high = found.metric("auroc")
    assert auroc == (4 + 3 + 2) / 12
    assert low < auroc < high
    ap, low, high = found.metric("average_precision")
    assert ap == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 3)
    assert low < ap < high


def test_kinds_are_counted_by_type_of_defect_and_by_grade(made):
    found = reveal(made)
    types = found.by("defect_type").set_index("kind")
    columns = ["n_images", "n_beyond", "n_in_head"]
    assert types.loc["spot", columns].tolist() == [2, 1, 2]
    assert types.loc["dent", columns].tolist() == [1, 1, 1]
    assert len(types) == 2
    assert types.loc["spot", ["low", "high"]].tolist() == list(rate_interval(1, 2))
    grades = found.by("grade").set_index("kind")[columns]
    assert grades.to_dict("index") == {
        "0": dict(zip(columns, (3, 1, 1), strict=True)),
        "0.33": dict(zip(columns, (1, 0, 1), strict=True)),
        "0.67": dict(zip(columns, (1, 1, 1), strict=True)),
        "1": dict(zip(columns, (2, 1, 2), strict=True)),
    }


def test_the_command_says_it_in_sentences_and_writes_only_what_is_asked(made, tmp_path, capsys):
    before = sorted(made.folder.rglob("*"))
    assert main(["reveal", str(made.folder)]) == 0
    said = capsys.readouterr().out
    assert "Labels: 3 of 7 images defective, 4 good; 1 image without a label not counted." in said
    assert "At or above the threshold: 3 images, 2 of them defective and 1 good" in said
    assert "(false suspects seen: 1 of 4; about " in said
    assert "2 of 3 defective images" in said
    assert "3 of the first 7 are defective" in said
    assert "AUROC 0.750" in said
    assert "AP 0.756" in said
    assert "The first 5, one and a half times the defective ones, hold 3 of 3" in said
    assert [line.split() for line in said.splitlines()[-3:]] == [
        ["type", "images", "named", "in", "first", "5"],
        ["dent", "1", "1", "1"],
        ["spot", "2", "1", "2"],
    ]
    assert sorted(made.folder.rglob("*")) == before
    for name in ("told/seen.csv", "seen.parquet"):
        assert main(["reveal", str(made.folder), "-o", str(tmp_path / name)]) == 0
    read = pd.read_csv(tmp_path / "told/seen.csv")
    assert list(read["label"].fillna(-1)) == [1, 0, 1, 0, 1, 0, -1, 0]
    REVEALED.check(pd.read_parquet(tmp_path / "seen.parquet"))
    for name in ("seen.parquet", "seen.txt"):
        assert main(["reveal", str(made.folder), "-o", str(tmp_path / name)]) == 1
    assert "must end in .csv or .parquet" in capsys.readouterr().err


@pytest.mark.parametrize(("label", "why"), [(0, "are normal"), (1, "are anomalous")])
def test_labels_of_one_class_allow_no_ranking_and_that_is_said(label, why, tmp_path, capsys):
    ranked = [(float(n), label, None, None) for n in range(30, 0, -1)]
    folder = made_run(tmp_path / "run", ranked).folder
    assert main(["reveal", str(folder)]) == 0
    said = capsys.readouterr().out
    assert why in said
    assert "AUROC" not in said


def test_a_run_without_hidden_labels_says_what_to_do(tmp_path):
    unlabelled = fake_run(tmp_path / "none", is_labelled=False)
    with pytest.raises(RunError, match=r"no hidden labels; run .*--hide-labels, or .*--labels"):
        reveal(unlabelled)
    with pytest.raises(RunError, match="its labels were seen"):
        reveal(fake_run(tmp_path / "seen"))


def test_hidden_labels_of_no_image_are_said(made):
    changed(made.folder, "hidden", made.hidden.assign(label=pd.array([None] * 8, dtype="Int64")))
    with pytest.raises(DatasetError, match="has a label"):
        reveal(Run(made.folder))


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_gives_labels_by_path_in_any_words(made, tmp_path):
    lines = ["Path;Label;defect_type;shift", "kinds\\0.png;NG;spot;early", "./kinds/1.png;OK;;late"]
    found = reveal(made, labels=write(tmp_path / "t.csv", "\n".join(lines)))
    assert len(found.known) == 2
    assert list(found.known["label"]) == [1, 0]
    assert list(found.known["defect_type"].fillna("")) == ["spot", ""]


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("kinds/0.png", True),
        ("0.png", True),
        ("deep/kinds/0.png", True),
        ("other/0.png", False),
        ("10.png", False),
    ],
)
def test_a_path_may_begin_further_up_or_down(made, tmp_path, given, label):
    table = write(tmp_path / "t.csv", f"path,label\nkinds/5.png,0\n{given},1\n")
    assert bool((reveal(made, labels=table).known["image_path"] == "kinds/0.png").any()) == label


def test_a_name_that_could_be_several_images_is_not_guessed(tmp_path):
    folder = made_run(tmp_path / "run").folder
    hidden = pd.read_parquet(folder / "hidden.parquet")
    paths = hidden["image_path"].replace({"kinds/0.png": "a/x.png", "kinds/1.png": "b/x.png"})
    changed(folder, "hidden", hidden.assign(image_path=paths))
    table = write(tmp_path / "t.csv", "path,label\nx.png,1\nkinds/5.png,0\n")
    assert list(reveal(Run(folder), labels=table).known["image_path"]) == ["kinds/5.png"]
    table = write(tmp_path / "u.csv", "path,label\nx.png,1\nb/x.png,0\n")
    known = reveal(Run(folder), labels=table).known
    assert dict(zip(known["image_path"], known["label"], strict=True)) == {
        "a/x.png": 1,
        "b/x.png": 0,
    }


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("path,score\nkinds/0.png,1\n", SchemaError, "needs the columns path and label"),
        ("path,label\nelsewhere.png,1\n", DatasetError, "no path of 't.csv', as 'elsewhere.png'"),
        ("path,label\nkinds/0.png,1\nkinds/0.png,0\n", SchemaError, "lists 1 images twice"),
        ("path,label\nkinds/0.png,perhaps\n", ParameterError, "a label is 0, normal"),
    ],
)
def test_a_table_that_gives_no_labels_is_refused(made, tmp_path, text, error, why):
    with pytest.raises(error, match=why):
        reveal(made, labels=write(tmp_path / "t.csv", text))


def test_the_truth_of_a_folder_that_nobody_labelled_is_given_afterwards(tmp_path):
    truth = make_unlabelled(
        tmp_path / "flat", n_normal=30, n_anomalous=4, category="fabric", size=96
    )
    request = DetectRequest(
        data=tmp_path / "flat", detectors=(DetectorChoice(name="mahalanobis"),), size=(96, 96)
    )
    made = run(request, tmp_path / "run")
    found = reveal(made, labels=tmp_path / "flat_truth.csv")
    assert found.truth.sum() == 4
    wanted = truth.set_index("image_path").loc[found.table["image_path"], "label"]
    assert list(found.table["label"]) == list(wanted)
    again = shutil.copytree(made.folder, tmp_path / "moved")
    table = write(tmp_path / "own.csv", (again / "suspects.csv").read_text(encoding="utf-8-sig"))
    frame = pd.read_csv(table).assign(label=found.table["label"].to_numpy())
    frame.to_csv(table, index=False)
    assert list(reveal(Run(again), labels=table).truth) == list(found.truth)


def test_hidden_grades_are_those_of_real_cells(real_data, tmp_path):
    if not (real_data / "elpv_mono").is_dir():
        pytest.skip(f"{real_data} holds no elpv_mono")
    request = DetectRequest(
        data=real_data / "elpv_mono",
        hide_labels=True,
        detectors=(DetectorChoice(name="mahalanobis"),),
        size=(64, 64),
    )
    found = reveal(run(request, tmp_path / "run"))
    assert found.by("grade")["n_images"].tolist() == [297, 53, 28, 159]
    assert found.truth.sum() == 28 + 159
    assert found.by("grade")["kind"].tolist() == ["0", "0.33", "0.67", "1"]
    assert found.by("defect_type")["n_images"].tolist() == [28 + 159]
