"""A labelled set that is run as if nobody had labelled it tells no label, and decides by none."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.errors import RunError
from anomalylab.reports import report
from anomalylab.runs.copies import copy_suspects
from anomalylab.runs.detect import run
from anomalylab.runs.files import list_files
from anomalylab.runs.folder import Run
from anomalylab.runs.hidden import hide
from anomalylab.runs.info import plain
from anomalylab.runs.originals import Originals
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.suspects import suspects

pytestmark = pytest.mark.xdist_group("hidden")

DETECTORS = tuple(map(DetectorChoice.parse, ("patchcore:coreset=0.5", "mahalanobis")))
DECIDING = (
    "scores",
    "thresholds",
    "metrics",
    "neighbours",
    "embedding",
    "looks",
    "enlarged",
    "planted",
)
OWN = {"samples.parquet", "hidden.parquet", "timings.parquet", "run.json"}
"""Files that name the category, the folder or the time that it took."""


def asked(data, **more):
    return DetectRequest(data=data, detectors=DETECTORS, size=(96, 96), **more)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A set of both splits with masks; one file twice, and one that is no image."""
    folder = tmp_path_factory.mktemp("data") / "textures"
    make_textures(folder, category="fabric", n_train=24, n_test_good=4, n_test_defect=6, size=256)
    tests = folder / "fabric/test"
    shutil.copy(tests / "good/000.png", tests / "good/copy.png")
    (tests / "good/torn.png").write_bytes(b"no image")
    return folder / "fabric"


@pytest.fixture(scope="module")
def hidden(labelled, tmp_path_factory):
    return run(asked(labelled, hide_labels=True), tmp_path_factory.mktemp("runs") / "hidden")


@pytest.fixture(scope="module")
def flat(labelled, hidden, tmp_path_factory):
    """The same files in one folder that says nothing, run as it is."""
    folder = tmp_path_factory.mktemp("data") / "flat"
    folder.mkdir()
    for name, file in hidden.files_of_images.items():
        shutil.copy(labelled / file, folder / name)
    return run(asked(folder), tmp_path_factory.mktemp("runs") / "flat")


def bytes_of(folder, *names):
    return {name: (folder / name).read_bytes() for name in names}


def test_every_decision_is_that_of_an_unlabelled_flat_folder(hidden, flat):
    names = set(hidden.files.written) - OWN
    assert names == set(flat.files.written) - OWN
    assert {f"{name}.parquet" for name in DECIDING} <= names
    assert bytes_of(hidden.folder, *names) == bytes_of(flat.folder, *names)
    assert plain(hidden.info.verdicts) == plain(flat.info.verdicts)
    assert hidden.info.is_unlabelled
    assert hidden.info.training_ids == flat.info.training_ids
    assert hidden.info.dataset.fingerprint == flat.info.dataset.fingerprint


def test_nothing_that_is_written_tells_a_label(labelled, hidden, tmp_path):
    page = report(hidden.folder, tmp_path / "page.html").read_text(encoding="utf-8")
    told = (hidden.folder / "run.json").read_text(encoding="utf-8")
    told += (hidden.folder / "suspects.csv").read_text(encoding="utf-8")
    for path in sorted(hidden.folder.glob("*.parquet")):
        if path.stem != "hidden":
            table = pd.read_parquet(path).select_dtypes(exclude="number")
            told += table.drop(columns="image", errors="ignore").to_csv()
    files = list(hidden.files_of_images.values())
    assert len(files) == 24 + 4 + 6 + 1
    for text in (page, told):
        assert not [file for file in files if file in text]
        assert "torn.png" not in text
    samples = hidden.samples
    assert samples["label"].isna().all()
    assert samples["defect_type"].isna().all()
    assert samples["mask_path"].isna().all()
    assert set(samples["split"]) == {"unlabelled"}
    assert hidden.table("thumbnails")["contour"].isna().all()
    assert hidden.table("recall").empty
    assert list(samples["image_path"]) == list(samples["sample_id"])


def test_what_is_known_is_kept_aside_and_checksummed(labelled, hidden):
    known = hidden.hidden.set_index("image_path")
    listed = datasets.load("mvtec_ad", labelled).set_index("image_path")
    listed = listed.loc[known.index]
    for column in ("label", "defect_type", "split", "mask_path"):
        pd.testing.assert_series_equal(known[column], listed[column], check_dtype=False)
    assert "hidden.parquet" in json.loads((hidden.folder / "files.json").read_text())


def test_a_hidden_table_that_is_changed_is_refused(hidden, tmp_path):
    folder = shutil.copytree(hidden.folder, tmp_path / "run")
    table = pd.read_parquet(folder / "hidden.parquet")
    table.assign(label=1 - table["label"]).to_parquet(folder / "hidden.parquet")
    with pytest.raises(RunError, match=r"hidden.parquet is damaged"):
        Run(folder).check()


def test_a_hidden_table_does_not_lead_out_of_the_folder_of_the_images(hidden, tmp_path):
    folder = shutil.copytree(hidden.folder, tmp_path / "run")
    table = pd.read_parquet(folder / "hidden.parquet")
    table.assign(image_path="../" + table["image_path"]).to_parquet(folder / "hidden.parquet")
    list_files(folder)
    with pytest.raises(RunError, match="leads out of its folder"):
        Run(folder).files_of_images  # noqa: B018


def test_images_are_named_by_their_content_whatever_their_order(labelled):
    samples = datasets.load("mvtec_ad", labelled)
    turned = samples.iloc[::-1].reset_index(drop=True)
    turned.attrs = samples.attrs
    names = [hide(table, labelled)[0]["sample_id"].tolist() for table in (samples, turned)]
    assert names[0] == names[1] == sorted(names[0])
    by_content = hide(samples, labelled)[0]
    heads = [content[:12] for content in by_content["content_hash"]]
    assert [name[:12] for name in by_content["sample_id"]] == heads
    (twice,) = {name[:-6] for name in names[0] if name.endswith("-2.png")}
    assert f"{twice}.png" in names[0]


def test_copies_of_one_file_and_given_groups_stay_together_under_numbers(tmp_path):
    for number in range(4):
        Image.new("L", (8, 8), min(number, 2) * 90).save(tmp_path / f"{number}.png")
    lines = ["path,label,group,shift", "0.png,0,NG part,early", "1.png,1,NG part,late"]
    lines += ["2.png,0,,early", "3.png,1,,late"]
    (tmp_path / "parts.csv").write_text("\n".join(lines))
    samples = datasets.load("table", tmp_path / "parts.csv")
    seen, known = hide(samples, tmp_path)
    assert "shift" not in seen
    groups = dict(zip(known["image_path"], seen["group"], strict=True))
    assert groups["0.png"] == groups["1.png"] != groups["2.png"] == groups["3.png"]
    assert set(seen["group"]) == {"group 1", "group 2"}
    late = dict(zip(known["image_path"], known["shift"], strict=True))
    assert late == {"0.png": "early", "1.png": "late", "2.png": "early", "3.png": "late"}


def test_findings_name_images_as_the_run_does(hidden):
    findings = {finding.message.split(" ", 1)[1]: finding for finding in hidden.info.findings}
    (copies,) = [one for text, one in findings.items() if "same pixels" in text]
    assert set(copies.paths) <= set(hidden.samples["sample_id"])
    (broken,) = [one for text, one in findings.items() if "set aside" in text]
    assert broken.paths == ["unreadable 1.png"]


def test_files_are_found_under_the_names_that_the_run_gives_them(labelled, hidden, tmp_path):
    name, file = next(iter(hidden.files_of_images.items()))
    assert Originals(hidden).read(name) == (labelled / file).read_bytes()
    first = suspects(hidden).head(2)
    copied = copy_suspects(first, Originals(hidden), tmp_path / "look")
    content = (labelled / hidden.files_of_images[first["image_path"].iloc[0]]).read_bytes()
    assert (tmp_path / "look" / copied["copy"].iloc[0]).read_bytes() == content
    assert hidden.table("enlarged")["sample_id"].isin(hidden.samples["sample_id"]).all()
    enlarged = hidden.table("enlarged").iloc[0]
    assert Image.open(io.BytesIO(enlarged["image"])).size == (256, 256)


def test_a_hidden_run_scores_new_images_and_knows_its_own(labelled, hidden, tmp_path):
    scored = score(hidden.folder, labelled / "test/good", tmp_path / "new")
    assert (scored.queries["split"] == "test").all()
    assert len(scored.queries) == 5
    told = " ".join(finding.message for finding in scored.info.findings)
    assert "were among those the run was fitted on" in told


def test_a_finished_hidden_run_finds_its_files_to_plant_defects_in_copies(hidden, tmp_path):
    folder = shutil.copytree(hidden.folder, tmp_path / "run")
    root = hidden.folder.resolve() / hidden.info.dataset.path
    words = ["--defects", "spot", "--widths", "12", "--contrasts", "1", "--per-cell", "3"]
    assert main(["sensitivity", str(folder), *words, "--data", str(root)]) == 0
    again = Run(folder)
    again.check()
    assert set(again.table("sensitivity")["n_images"]) >= {3}
    assert again.files_of_images == hidden.files_of_images


def test_the_command_hides_labels_and_can_be_repeated(labelled, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["run", str(labelled), "--hide-labels", "--size", "64", "--detector", "mahalanobis"]
    assert main([*words, "-o", str(out)]) == 0
    assert "--hide-labels" in Run(out).info.command
    assert f"anomalylab reveal {out}" in capsys.readouterr().out
    assert np.isfinite(Run(out).scores("mahalanobis")["score"]).all()
