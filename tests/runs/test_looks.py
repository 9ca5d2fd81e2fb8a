"""Images to look at first that look alike are found by a run, and told wherever it is listed."""

import shutil

import numpy as np
import pandas as pd
import pytest

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_unlabelled
from anomalylab.features import Features
from anomalylab.runs.detect import run
from anomalylab.runs.looks import LEAST_LOOKED_AT, MOST_LOOKED_AT, looks
from anomalylab.runs.near_copies import copy_numbers
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.suspects import suspects
from anomalylab.schema import LOOKS

NAMES = ("patchcore", "mahalanobis")


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """A folder with three defects of each of five kinds, and what they are."""
    folder = tmp_path_factory.mktemp("looks") / "fabric"
    table = make_unlabelled(folder, category="fabric", n_normal=36, n_anomalous=15)
    return table.set_index("image_path")["defect_type"], folder


@pytest.fixture(scope="module")
def request_of(truth):
    detectors = tuple(map(DetectorChoice.parse, NAMES))
    return DetectRequest(data=truth[1], detectors=detectors, sensitivity="none")


@pytest.fixture(scope="module")
def finished(request_of, truth):
    return run(request_of, truth[1].parent / "run")


def test_repeated_defects_are_found_as_groups(finished, truth):
    table = suspects(finished)
    table["kind"] = table["image_path"].map(truth[0])
    is_pure = [len(set(group)) == 1 for _, group in table.groupby("look")["kind"]]
    assert len(is_pure) >= 3
    assert np.mean(is_pure) >= 0.8
    defective = table[table["kind"] != "good"]
    joined = defective[defective["look"].notna()]
    assert len(joined) >= 0.6 * len(defective)


def test_looks_are_numbered_by_their_highest_score(finished):
    for name in finished.detectors:
        first = suspects(finished, name).dropna(subset="look").drop_duplicates("look")
        assert list(first["look"]) == list(range(1, len(first) + 1))
    table = finished.table("looks")
    assert set(table["detector"]) <= set(finished.detectors)
    assert (table.groupby(["detector", "look"]).size() > 1).all()


def test_the_same_images_give_the_same_looks(finished, request_of, tmp_path):
    again = run(request_of, tmp_path / "again").table("looks")
    pd.testing.assert_frame_equal(finished.table("looks"), again)


def test_the_command_shows_looks_where_there_are_some(finished, capsys):
    assert main(["suspects", str(finished.folder), "--top", "15"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["rank", "score", "chance", "beyond", "place", "look", "image"]
    place = head.index("look")
    table = suspects(finished).head(15)
    shown = [line[place : place + 6].strip() for line in lines[:15]]
    assert shown == ["" if pd.isna(look) else str(look) for look in table["look"]]
    assert lines[15].endswith("; those of one look are alike: another variant, or a defect?")
    assert main(["suspects", str(finished.folder), "--top", "1"]) == 0
    assert "alike" not in capsys.readouterr().out


def test_new_images_that_are_scored_have_looks_too(finished, truth, tmp_path):
    kinds, folder = truth
    (tmp_path / "new").mkdir()
    for path in [*kinds.index[kinds != "good"], *kinds.index[kinds == "good"][:20]]:
        shutil.copy(folder / path, tmp_path / "new")
    scored = score(finished.folder, tmp_path / "new", tmp_path / "scored")
    found = suspects(scored)
    assert found["look"].notna().sum() >= 6


def made(n, rng, **more):
    """Noise and its samples."""
    level = rng.normal(0, 1, (n, 4, 4, 16)).astype(np.float32)
    samples = pd.DataFrame({"sample_id": [f"{i}.png" for i in range(n)], "group": None} | more)
    return level, samples


@pytest.mark.parametrize(("n_beyond", "n_alike"), [(3, LEAST_LOOKED_AT), (40, 40), (90, 60)])
def test_as_many_are_compared_as_lie_beyond_within_limits(n_beyond, n_alike, rng):
    level, samples = made(200, rng)
    level[:, 1, 2] += 20  # all of the upper half are alike
    level[100:, 1, 2] -= 20
    maps, scores = np.zeros((200, 4, 4)), -np.arange(200.0)
    maps[:, 1, 2] = 1
    found = looks(
        "knn", Features({"a": level}), samples, np.arange(200), scores, maps, 0.5 - n_beyond
    )
    assert LOOKS.check(found) is found
    assert list(found["sample_id"]) == list(samples["sample_id"][:n_alike])
    assert set(found["look"]) == {1}
    assert n_alike <= MOST_LOOKED_AT


def test_rows_that_are_not_judged_have_no_look(rng):
    level, samples = made(120, rng)
    query = np.arange(40, 120)
    level[:45, 0, 0] += 20
    scores = np.where(np.arange(80) < 5, 9.0, rng.random(80))
    maps = np.zeros((80, 4, 4))
    maps[:, 0, 0] = 1
    found = looks("knn", Features({"a": level}), samples, query, scores, maps, 5.0)
    alike = found[found["look"] == 1]
    assert list(alike["sample_id"]) == [f"{i}.png" for i in range(40, 45)]


def test_a_folder_too_small_to_know_what_is_usual_joins_only_near_copies(rng):
    group = ["near copies of 0.png"] * 2 + ["lot 7"] * 2 + [None] * 4
    level, samples = made(8, rng, group=group)
    level[:4] = level[0]
    scores, maps = -np.arange(8.0), rng.random((8, 4, 4))
    found = looks("knn", Features({"a": level}), samples, np.arange(8), scores, maps, -1.5)
    assert list(found["sample_id"]) == ["0.png", "1.png"]


def test_only_near_copies_share_a_copy_number():
    group = [None, "near copies of x", "lot", "lot", "near copies of x", float("nan")]
    assert copy_numbers(pd.DataFrame({"group": group})).tolist() == [0, 1, 2, 3, 1, 4]
