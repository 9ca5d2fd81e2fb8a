"""What to look at first: a table beside every run, and copies of the files."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fakes import fake_run
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.images.read import content_hash
from anomalylab.localise import anomaly_map, peaks
from anomalylab.runs.copies import copy_name, copy_suspects
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.info import write_info
from anomalylab.runs.originals import Originals
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.suspects import FILE, suspects

pytestmark = pytest.mark.xdist_group("suspects")

N = 28
ODD = {"=cmd.png": (70, 30, (10, 10, 10)), "deep/@odd,'\"name.png": (24, 96, (250, 60, 60))}
"""Images with a spot: its place (x, y) and colour."""


def photograph(rng, spot=None):
    pixels = np.clip(rng.normal(150, 6, (120, 160, 3)), 0, 255).astype(np.uint8)
    if spot:
        x, y, colour = spot
        pixels[y - 12 : y + 12, x - 12 : x + 12] = colour
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("suspects") / "data", np.random.default_rng(0)
    (folder / "deep").mkdir(parents=True)
    for number in range(N):
        photograph(rng).save(folder / f"{number:02d}.png")
    for name, spot in ODD.items():
        photograph(rng, spot).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def finished(images):
    names = ("patchcore", "knn")
    request = DetectRequest(
        data=images, detectors=tuple(map(DetectorChoice.parse, names)), size=(120, 160)
    )
    return run(request, images.parent / "run")


@pytest.fixture
def copied(finished, tmp_path):
    folder = tmp_path / "look"
    return folder, copy_suspects(suspects(finished).head(3), Originals(finished), folder)


def test_the_table_beside_a_run_ranks_its_images_as_its_scores_do(finished):
    stored = pd.read_csv(finished.folder / FILE)
    names = "rank image_path score p_value is_beyond x y look detector"
    assert list(stored) == names.split()
    first = finished.detectors[0]
    scores = finished.scores(first).assign(image_path=finished.queries["image_path"])
    expected = scores.sort_values("score", ascending=False, kind="stable")
    assert list(stored["rank"]) == list(range(1, N + len(ODD) + 1))
    assert [path.removeprefix("./") for path in stored["image_path"]] == list(
        expected["image_path"]
    )
    np.testing.assert_allclose(stored["score"], expected["score"], rtol=1e-8)
    np.testing.assert_allclose(stored["p_value"], expected["p_value"].astype(float), rtol=1e-8)
    beyond = expected["score"] >= finished.threshold(first)
    assert list(stored["is_beyond"]) == list(beyond)
    assert set(stored["detector"]) == {first}


def test_the_places_are_where_the_defects_are(finished):
    table = suspects(finished).set_index("image_path")
    assert set(table.index[:2]) == set(ODD)
    for name, spot in ODD.items():
        np.testing.assert_allclose(table.loc[name, ["x", "y"]].to_numpy(int), spot[:2], atol=12)


@pytest.mark.parametrize("size", [(60, 90), (224, 224), (500, 333)])
def test_the_peak_is_that_of_the_map_on_the_image(size, rng):
    maps = rng.gamma(2, size=(5, 14, 10))
    found = peaks(maps, np.array([size] * 5), smoothing=4.0, network_size=(224, 160))
    for place, score_map in zip(found, maps, strict=True):
        whole = anomaly_map(score_map, size, network_size=(224, 160))
        expected = np.unravel_index(whole.argmax(), size)
        step = np.ceil(np.divide(size, (224, 160))) + np.ceil(np.divide((224, 160), size))
        assert (np.abs(place - expected) <= step).all()
        assert whole[tuple(place)] == pytest.approx(whole.max(), rel=0.02)


def test_another_detector_can_be_asked_for(finished):
    table = suspects(finished, "knn")
    order = finished.scores("knn")["score"].sort_values(ascending=False)
    np.testing.assert_array_equal(table["score"], order)


def test_two_tables_of_one_run_are_the_same_bytes(finished, tmp_path):
    for name in ("one.csv", "two.csv"):
        write_csv(suspects(Run(finished.folder)), tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (tmp_path / "one.csv").read_bytes() == (finished.folder / FILE).read_bytes()


def test_no_cell_of_a_table_for_people_is_a_formula(tmp_path):
    texts = ["=1+1", "+1", "-1", "@a", "\t=1", "＝1", "a=1", 'say "x", \n', "", None]
    table = pd.DataFrame({"image_path": texts, "note": texts, "score": -np.arange(10.0)})
    write_csv(table, tmp_path / "t.csv")
    with open(tmp_path / "t.csv", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, text in zip(rows, texts, strict=True):
        for cell, mark in ((row["image_path"], "./"), (row["note"], "'")):
            assert not cell.startswith(tuple("=+-@\t＝"))
            assert cell in (text or "", mark + (text or ""))
    assert rows[3]["score"] == "-3"
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfimage_path,note,score\n")


def test_a_scored_folder_has_its_table_too(finished, images, tmp_path, rng):
    new = tmp_path / "new"
    new.mkdir()
    photograph(rng, (100, 60, (20, 200, 20))).save(new / "b.png")
    shutil.copy(images / "00.png", new / "a.png")
    scored = score(finished.folder, new, tmp_path / "scored")
    stored = pd.read_csv(scored.folder / FILE)
    assert list(stored["image_path"]) == ["b.png", "a.png"]
    assert Originals(scored).read("a.png") == (images / "00.png").read_bytes()


def test_a_pc_space_has_its_table_with_places_in_pixels_of_the_images(pc_run):
    stored = pd.read_csv(pc_run.folder / FILE)
    queries = pc_run.queries.set_index("image_path")
    maps = dict(zip(queries.index, pc_run.score_maps("odds"), strict=True))
    assert list(stored["score"]) == sorted(stored["score"], reverse=True)
    for row in stored.itertuples():
        height, width = queries.loc[row.image_path, ["height", "width"]]
        cell = np.unravel_index(maps[row.image_path].argmax(), (64, 64))
        assert (row.y, row.x) == tuple(
            int((c + 0.5) * n / 64) for c, n in zip(cell, (height, width), strict=True)
        )
    assert suspects(pc_run, "forest")[["x", "y"]].isna().all(axis=None)


def test_copies_are_the_files_under_names_that_keep_the_order(copied, images):
    folder, table = copied
    names = sorted(path.name for path in folder.iterdir())
    assert names == [*table["copy"], FILE]
    assert {names[0][4:], names[1][4:]} == {"cmd.png", "deep__odd___name.png"}
    for row in table.itertuples():
        assert (folder / row.copy).read_bytes() == (images / row.image_path).read_bytes()
    stored = pd.read_csv(folder / FILE)
    assert list(stored["copy"]) == list(table["copy"])
    assert list(stored["content_hash"]) == [content_hash(folder / n) for n in stored["copy"]]


def test_names_of_copies_cannot_leave_their_folder_or_be_alike():
    paths = ["../../a.png", "/etc/passwd", "C:\\x\\b.png", "a/b.png", "a_b.png", "..", ".", "n\0l"]
    paths += ["ü" * 300 + ".png", "x." + "y" * 300, "con.png", "end. "]
    names = [copy_name(rank, path) for rank, path in enumerate(paths, 1)]
    assert len(set(names)) == len(names)
    assert names == sorted(names)
    for name in names:
        assert not set(name) & set('/\\:*?"<>|\0')
        assert len(name.encode()) <= 255
        assert name[-1] not in " ."


def test_copying_again_replaces_what_was_copied_and_nothing_else(copied, finished):
    folder, _ = copied
    copy_suspects(suspects(finished).head(1), Originals(finished), folder)
    assert len(list(folder.iterdir())) == 2
    (folder / "notes.txt").write_text("mine")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ParameterError, match=r"notes\.txt"):
        copy_suspects(suspects(finished).head(3), Originals(finished), folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(path.name for path in folder.parent.iterdir()) == ["look"]


def test_a_copy_that_somebody_has_changed_is_theirs(copied, finished):
    folder, table = copied
    (folder / table["copy"].iloc[0]).write_bytes(b"drawn upon")
    with pytest.raises(ParameterError, match="changed since"):
        copy_suspects(suspects(finished), Originals(finished), folder)


@pytest.mark.parametrize("place", ["file", "images/inside", "."])
def test_folders_that_must_not_be_copied_to_are_refused(finished, images, tmp_path, place):
    (tmp_path / "file").write_text("a file")
    target = images / "inside" if place.startswith("images") else tmp_path / place
    if place == ".":
        target = target.cwd()
    with pytest.raises(ParameterError):
        copy_suspects(suspects(finished), Originals(finished), target)
    assert not (images / "inside").exists()


def test_missing_files_are_said_and_the_others_copied(finished, images, tmp_path, capsys):
    moved = shutil.copytree(images, tmp_path / "moved")
    gone = suspects(finished)["image_path"].iloc[1]
    (moved / gone).unlink()
    command = ["suspects", str(finished.folder), "--top", "3", "--data", str(moved)]
    assert main([*command, "--copy-to", str(tmp_path / "look")]) == 0
    said = capsys.readouterr().out
    assert f"not copied: {gone} is gone" in said
    assert "Copied 2 to" in said
    assert len(list((tmp_path / "look").iterdir())) == 3


def test_where_no_file_is_left_nothing_is_written(finished, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no image can be copied"):
        copy_suspects(
            suspects(finished), Originals(finished, tmp_path / "empty"), tmp_path / "look"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/hostname", "a/../../secret.png", "link.png"]
)
def test_a_run_of_a_stranger_reads_nothing_outside_of_its_images(finished, tmp_path, name):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "data" / "link.png").symlink_to(tmp_path / "secret.png")
    strange = Run(shutil.copytree(finished.folder, tmp_path / "run"))
    info = strange.info
    write_info(replace(info, dataset=replace(info.dataset, path="../data")), strange.folder)
    with pytest.raises(DatasetError, match="leads out"):
        Originals(Run(strange.folder)).read(name)


def test_a_run_that_does_not_say_where_its_images_are_asks_for_their_folder(tmp_path):
    with pytest.raises(DatasetError, match="--data"):
        _ = Originals(fake_run(tmp_path / "run")).root


def test_the_command_lists_rank_score_and_place(finished, capsys):
    assert main(["suspects", str(finished.folder), "--top", "2"]) == 0
    head, first, second, told = capsys.readouterr().out.splitlines()
    assert head.split() == ["rank", "score", "chance", "beyond", "place", "look", "image"]
    top = suspects(finished).iloc[0]
    assert first.split()[0] == "1"
    assert f"{top['x']}, {top['y']}" in first
    assert first.endswith(top["image_path"])
    assert second.split()[0] == "2"
    assert told.startswith(f"2 of {N + 2} images, by {finished.detectors[0]}; ")


def test_the_command_lists_those_at_or_above_the_threshold(finished, capsys):
    assert main(["suspects", str(finished.folder), "--top", "flagged"]) == 0
    n_beyond = suspects(finished)["is_beyond"].sum()
    assert n_beyond > 0
    assert len(capsys.readouterr().out.splitlines()) == 2 + n_beyond


@pytest.mark.parametrize("top", ["0", "-1", "all", "1.5"])
def test_a_number_of_images_that_makes_no_sense_is_refused(finished, top, capsys):
    with pytest.raises(SystemExit):
        main(["suspects", str(finished.folder), "--top", top])
    assert "must be a number from 1 or flagged" in capsys.readouterr().err
