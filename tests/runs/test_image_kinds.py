"""Two products in one folder are found, said in the headline, shown, and run apart."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.compute.clusters import Clusters
from anomalylab.errors import DatasetError, RunError
from anomalylab.reports.parts.kinds import kinds as kinds_part
from anomalylab.reports.parts.verdict import asked, warnings
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.image_kinds import ImageKinds
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.per_cluster import run_per_cluster
from anomalylab.runs.request import DetectorChoice, DetectRequest, ImageKind

N_DISCS, N_STRIPES = 14, 10


def save(path, grey, rng):
    noisy = grey + rng.normal(0, 6, grey.shape)
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path)


def disc(rng, side=64):
    down, right = np.mgrid[:side, :side] - side / 2 + rng.uniform(-3, 3, (2, 1, 1))
    return np.where(np.hypot(down, right) < rng.uniform(16, 20), 200.0, 40.0)


def stripes(rng, side=64):
    return 120 + 80 * np.sin(np.arange(side) / rng.uniform(1.8, 2.2) + rng.uniform(0, 6)) * np.ones(
        (side, 1)
    )


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A folder of 14 discs and 10 pieces with stripes."""
    folder = tmp_path_factory.mktemp("mixed") / "both"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(N_DISCS):
        save(folder / f"disc_{number:02d}.png", disc(rng), rng)
    for number in range(N_STRIPES):
        save(folder / f"a_stripes_{number:02d}.png", stripes(rng), rng)
    return folder


def request_of(folder, **more):
    choice = DetectorChoice(name="mahalanobis")
    return DetectRequest(data=folder, size=(64, 64), detectors=(choice,), **more)


@pytest.fixture(scope="module")
def whole(mixed, tmp_path_factory):
    return run(request_of(mixed, sensitivity="none"), tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module")
def apart(mixed, tmp_path_factory):
    out = tmp_path_factory.mktemp("apart") / "runs"
    return [one for one, _ in run_per_cluster(request_of(mixed, sensitivity="none"), out)]


def names(sample_ids):
    return {re.split(r"_\d", name)[0] for name in sample_ids}


def test_the_headline_says_that_there_are_two_kinds(whole):
    (verdict,) = whole.info.verdicts.values()
    assert verdict.kind == "undecidable"
    assert "they seem to be of 2 kinds (14 and 10 images)" in verdict.sentence
    assert verdict.reason.startswith("All of them taken together: ")


def test_a_warning_names_an_image_of_each_kind_and_what_to_do(whole):
    first = warnings(whole)[0]
    assert re.search(r"2 kinds \(14 and 10 images\), as 'disc_\d\d.png' and 'a_stripes_", first)
    assert "--per-cluster" in first


def test_each_image_has_the_number_of_its_kind_and_its_place_in_it(whole):
    table = whole.table("kinds").set_index("sample_id")
    assert set(table.index) == set(whole.samples["sample_id"])
    for kind, name, n in ((1, "disc", N_DISCS), (2, "a_stripes", N_STRIPES)):
        of_kind = table[table["kind"] == kind]
        assert names(of_kind.index) == {name}
        assert sorted(of_kind["rank"]) == list(range(1, n + 1))


def test_the_page_shows_the_most_typical_images_of_each_kind(whole):
    part = kinds_part(whole).html
    table = whole.table("kinds")
    shown = table["sample_id"][table["rank"] <= 6]
    assert part.count("<img") == len(shown) == 12
    assert "Kind 1: 14 images" in part
    assert "Kind 2: 10 images" in part
    assert all(f'title="{name}"' in part for name in shown)


def test_a_run_is_made_of_each_kind_alone(apart):
    assert [one.folder.name for one in apart] == ["kind-1", "kind-2"]
    assert [len(one.samples) for one in apart] == [N_DISCS, N_STRIPES]
    assert [names(one.samples["sample_id"]) for one in apart] == [{"disc"}, {"a_stripes"}]


def test_a_run_of_one_kind_says_so_and_repeats_the_command_for_all(apart):
    for number, one in enumerate(apart, 1):
        assert f"“both” (kind {number} of the 2 kinds of images in that folder)" in asked(one)
        assert one.info.command.endswith("--per-cluster -o reports/runs")
        assert one.table("kinds").empty
        assert "al-nothing" in kinds_part(one).html
        assert "kinds" not in one.verdict


def test_runs_of_kinds_are_repeated_in_place(mixed, apart):
    again = list(run_per_cluster(request_of(mixed, sensitivity="none"), apart[0].folder.parent))
    for (one, typical), before in zip(again, apart, strict=True):
        assert typical in set(one.samples["sample_id"])
        pd.testing.assert_frame_equal(one.table("scores"), before.table("scores"))


def test_labels_may_be_hidden_from_runs_of_kinds(mixed, tmp_path):
    request = request_of(mixed, sensitivity="none", hide_labels=True)
    for one, _ in run_per_cluster(request, tmp_path / "runs"):
        assert set(one.hidden["sample_id"]) == set(one.samples["sample_id"])
        assert len(names(one.hidden["image_path"])) == 1


def test_broken_files_are_told_in_each_run(mixed, tmp_path):
    for path in mixed.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    broken = tmp_path / "disc_00.png"
    broken.write_bytes(broken.read_bytes()[:600])
    request = request_of(tmp_path, sensitivity="none")
    runs = [one for one, _ in run_per_cluster(request, tmp_path / "reports" / "runs")]
    assert [len(one.samples) for one in runs] == [N_DISCS - 1, N_STRIPES]
    said = [[found.message for found in one.info.findings] for one in runs]
    assert all("1 file set aside; 'disc_00.png'" in str(messages) for messages in said)


def refused(request, out, error, words):
    with pytest.raises(error, match=words):
        list(run_per_cluster(request, out))


def test_one_kind_is_refused(mixed, tmp_path):
    for path in mixed.glob("disc*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    refused(request_of(tmp_path), tmp_path / "out" / "x", DatasetError, "one kind .* among 14; run")


def test_training_and_test_images_are_refused(mixed, tmp_path):
    for path in mixed.iterdir():
        split = "train" if path.name.startswith("disc") else "test"
        (tmp_path / split / "good").mkdir(parents=True, exist_ok=True)
        (tmp_path / split / "good" / path.name).write_bytes(path.read_bytes())
    request = replace(request_of(tmp_path), dataset="mvtec_ad")
    refused(request, tmp_path / "out" / "x", DatasetError, "only in a folder without training")


def test_a_folder_of_runs_that_holds_anything_else_is_refused(mixed, whole, apart, tmp_path):
    request = request_of(mixed)
    refused(request, whole.folder, RunError, "holds a run, which may not hold others")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    refused(request, tmp_path / "mine", RunError, "holds 'notes.txt', which is no run of a kind")
    (tmp_path / "more" / "kind-3").mkdir(parents=True)
    refused(request, tmp_path / "more", RunError, "holds kind-3, of an earlier call")
    (tmp_path / "file").touch()
    refused(request, tmp_path / "file", RunError, "is a file")


def test_runs_of_other_images_are_not_replaced(mixed, apart, tmp_path):
    other = tmp_path / "others"
    other.mkdir()
    rng = np.random.default_rng(1)
    for number in range(10):
        save(other / f"disc_{number}.png", disc(rng), rng)
        save(other / f"stripes_{number}.png", stripes(rng), rng)
    refused(request_of(other), apart[0].folder.parent, RunError, "none of its 14 images")


def test_the_command_prints_a_line_for_each_kind(mixed, tmp_path, capsys):
    words = ["run", str(mixed), "--detector", "mahalanobis", "--size", "64x64"]
    out = tmp_path / "runs"
    more = ["--sensitivity", "none", "--per-cluster", "-o", str(out)]
    assert main([*words, *more]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert re.match(r"kind-1, 14 images as disc_\d\d.png: ", first)
    assert re.match(r"kind-2, 10 images as a_stripes_\d\d.png: ", second)
    assert first.endswith(f"Run folder: {out / 'kind-1'}")
    assert Run(out / "kind-2").verdict in second


def test_the_command_refuses_one_page_for_several_runs(mixed, tmp_path, capsys):
    words = ["run", str(mixed), "--per-cluster", "-o", str(tmp_path / "x")]
    assert main([*words, "--report", str(tmp_path / "page.html")]) == 1
    assert "--per-cluster makes a page for each kind" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def kinds_of(number, **columns):
    number = np.array(number)
    names = [f"{place}.png" for place in range(len(number))]
    samples = pd.DataFrame({"sample_id": names, "image_path": names, **columns})
    return ImageKinds(samples, Clusters(number, np.arange(len(number))[::-1].astype(float)))


def test_the_most_typical_image_is_the_nearest_to_its_centre():
    found = kinds_of([0, 1, 0, 1, 0])
    assert list(found.table()["rank"]) == [3, 2, 2, 1, 1]
    assert (found.typical_of(1), found.typical_of(2)) == ("4.png", "3.png")
    assert "as '4.png' and '3.png'" in found.findings()[0].message


def test_where_there_is_one_kind_nothing_is_said():
    found = kinds_of([0] * 5)
    verdicts = {"knn": VerdictInfo(kind="clean", sentence="Nothing stands out.")}
    assert found.findings() == []
    assert found.typical() == set()
    assert found.told(verdicts) == verdicts


def test_what_labels_measure_stays_the_headline():
    found = kinds_of([0, 1])
    measured = VerdictInfo(kind="measured", sentence="3 of 4 defective images are found.")
    suspects = VerdictInfo(kind="suspects", sentence="3 images lie beyond.", reason="Look.")
    told = found.told({"a": measured, "b": suspects})
    assert told["a"] == measured
    assert told["b"].kind == "undecidable"
    assert told["b"].reason == "All of them taken together: 3 images lie beyond. Look."


def test_without_splits_only_kinds_can_be_run_apart():
    found = replace(kinds_of([0, 1]), is_unlabelled=False)
    assert "--per-cluster" not in found.findings()[0].advice
    assert "training and test images of its own" in found.findings()[0].advice


def test_a_command_of_one_kind_asks_for_all(tmp_path):
    kind = ImageKind(number=2, n_kinds=3, sample_ids=["a.png"])
    words = DetectRequest(data=tmp_path, image_kind=kind).command(tmp_path / "runs" / "kind-2")
    assert words.endswith("--per-cluster -o reports/runs")
