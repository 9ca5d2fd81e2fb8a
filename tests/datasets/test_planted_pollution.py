"""Synthetic defects where there are too few: painted once, on images that then are set aside."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.datasets.pollute import n_of_share, pollute
from anomalylab.datasets.pollute.one_folder import in_one_folder
from anomalylab.datasets.pollute.planted import n_synthetic, plant_defects, with_planted, words
from anomalylab.errors import DatasetError, InfeasiblePollution, ParameterError, UnknownNameError
from anomalylab.features import Features, ImageLevel
from anomalylab.images.read import content_hash
from anomalylab.schema import SAMPLES

SIZE = 96


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A data set of 20 good training images and 2 defects."""
    root = tmp_path_factory.mktemp("few")
    samples = datasets.load(
        "textures", root, category="part", n_train=20, n_test_good=2, n_test_defect=2, size=SIZE
    )
    return samples, root


@pytest.fixture(scope="module")
def planted(few, tmp_path_factory):
    samples, root = few
    return plant_defects(samples, root, tmp_path_factory.mktemp("x") / "made", n=7)


def test_with_synthetic_defects_a_set_without_enough_can_be_polluted(few, planted):
    samples, _ = few
    with pytest.raises(InfeasiblePollution, match="synthetic"):
        pollute(samples)
    both = SAMPLES.check(with_planted(samples, planted))
    pollution = pollute(both)
    assert len(pollution.normal) == 13
    rows, is_noise = pollution.training(0.2, 0)
    assert is_noise.sum() == 2
    assert not both["source_id"].iloc[rows[~is_noise]].notna().any()
    judged = both.iloc[pollution.validation]
    assert (judged["label"] == 1).sum() == 7


def test_what_was_painted_on_is_used_for_nothing_else(few, planted):
    samples, _ = few
    both = with_planted(samples, planted)
    assert not set(planted["source_id"]) & set(both["sample_id"])
    assert planted["source_id"].is_unique
    assert len(both) == len(samples)


def test_only_the_mask_differs_from_what_was_painted_on(few, planted):
    samples, root = few
    folder = planted.attrs["root"]
    by_id = samples.set_index("sample_id")
    for row in planted.itertuples():
        before = np.asarray(
            Image.open(root / by_id.loc[row.source_id, "image_path"]).convert("RGB")
        )
        after = np.asarray(Image.open(f"{folder}/{row.image_path}"))
        mask = np.asarray(Image.open(f"{folder}/{row.mask_path}")) > 0
        changed = (before != after).any(axis=2)
        assert changed.any()
        assert not changed[~mask].any()


def test_real_and_painted_images_can_lie_in_one_folder(few, planted, tmp_path):
    samples, root = few
    both = in_one_folder(samples, root, planted, tmp_path / "one")
    assert both.attrs["root"] == str(tmp_path / "one")
    for row in both.itertuples():
        assert content_hash(tmp_path / "one" / row.image_path) == row.content_hash
        if row.label == 1:
            assert (tmp_path / "one" / row.mask_path).is_file()
    is_painted = both["source_id"].notna()
    assert both["image_path"].str.startswith("synthetic/").equals(is_painted)
    left = samples.loc[samples["sample_id"].isin(planted["source_id"]), "image_path"]
    assert not any((tmp_path / "one" / path).exists() for path in left)
    SAMPLES.check(both)
    again = in_one_folder(samples, root, planted, tmp_path / "one")
    pd.testing.assert_frame_equal(both, again)
    cached = in_one_folder(samples, root, planted)
    assert list(cached["image_path"]) == list(both["image_path"])


def test_synthetic_defects_are_called_so(few, planted):
    assert set(planted["label"]) == {1}
    assert planted["defect_type"].str.startswith("synthetic:").all()
    assert len(set(planted["defect_type"])) > 1
    both = with_planted(few[0], planted)
    assert words(both).startswith("7 of 9 defects are synthetic (")
    assert words(few[0]) == ""


def test_the_same_request_is_written_once_and_is_the_same(few, planted, tmp_path):
    samples, root = few
    again = plant_defects(samples, root, tmp_path / "again", n=7)
    pd.testing.assert_frame_equal(again, planted)
    times = [path.stat().st_mtime_ns for path in (tmp_path / "again").rglob("*.png")]
    plant_defects(samples, root, tmp_path / "again", n=7)
    assert times == [path.stat().st_mtime_ns for path in (tmp_path / "again").rglob("*.png")]
    other = plant_defects(samples, root, tmp_path / "other", n=7, seed=1)
    assert set(other["source_id"]) != set(planted["source_id"])
    with pytest.raises(DatasetError, match="does not hold the images asked for"):
        plant_defects(samples, root, tmp_path / "again", n=6)


def test_without_a_folder_they_lie_in_the_cache(few, cache):
    samples, root = few
    planted = plant_defects(samples, root, n=2, kinds=["spot"])
    assert planted.attrs["root"].startswith(str(cache))
    record = json.loads((cache / "planted").glob("*/planted.json").__next__().read_text())
    assert record["kinds"] == ["spot"]
    assert not list((cache / "planted").glob(".*part"))


def test_how_many_are_needed_is_the_smallest_number_that_will_do(few):
    samples, _ = few
    n = n_synthetic(samples, share=0.2, n_judged=4)
    assert n_of_share(0.2, 20 - n) + 4 <= 2 + n
    assert n_of_share(0.2, 20 - n + 1) + 4 > 2 + n - 1
    assert n_synthetic(samples, share=0, n_judged=1) == 0
    with pytest.raises(InfeasiblePollution, match="half of the 20"):
        n_synthetic(samples, n_judged=30)


def test_rows_to_paint_into_can_be_named_where_nothing_is_known_of_them(few, tmp_path):
    samples, root = few
    unknown = samples.assign(label=pd.array([None] * len(samples), "Int64"), split="unlabelled")
    planted = plant_defects(unknown, root, tmp_path / "x", rows=[3, 1])
    assert list(planted["source_id"]) == list(samples["sample_id"].iloc[[3, 1]])
    for options in ({}, {"n": 2, "rows": [1]}):
        with pytest.raises(ParameterError, match="number of images to paint into, or their rows"):
            plant_defects(samples, root, tmp_path / "y", **options)


def test_what_cannot_be_painted_is_refused(few, tmp_path):
    samples, root = few
    for n in (0, 20):
        with pytest.raises(ParameterError, match="1 to 19 of 20"):
            plant_defects(samples, root, tmp_path / "x", n=n)
    with pytest.raises(UnknownNameError, match="scratch"):
        plant_defects(samples, root, tmp_path / "x", n=2, kinds=["scrach"])
    for options in ({"contrast": 0}, {"size": 1.6}):
        with pytest.raises(ParameterError, match=r"lies in \(0, 1\]"):
            plant_defects(samples, root, tmp_path / "x", n=2, **options)
    Image.fromarray(np.full((50, 50, 3), 90, np.uint8)).save(tmp_path / "flat.png")
    flat = samples[samples["split"] == "train"].assign(image_path="flat.png")
    with pytest.raises(ParameterError, match=r"into 'flat\.png', which has 50 x 50"):
        plant_defects(flat, tmp_path, tmp_path / "x", n=2, kinds=["patch_swap"])
    assert not (tmp_path / "x").exists()


def test_features_of_two_folders_are_joined(rng):
    parts = [Features({"fine": rng.random((n, 2, 2, 3), np.float32)}) for n in (3, 2)]
    joined = Features.joined(parts)
    assert len(joined) == 5
    np.testing.assert_array_equal(joined.level("fine")[3:], parts[1].level("fine"))
    assert list(joined.group_numbers) == [0, 1, 2, 3, 4]
    grouped = Features(parts[1].levels, np.array([4, 4]))
    assert list(Features.joined([grouped, parts[0]]).group_numbers) == [0, 0, 1, 2, 3]
    with pytest.raises(ParameterError, match="can be joined"):
        Features.joined([parts[0], Features({"fine": rng.random((2, 1, 1, 3), np.float32)})])


def test_images_read_on_demand_are_joined_too(rng):
    images = [rng.random((4 + i, 5, 1)) for i in range(5)]
    one = Features({"band": ImageLevel(images.__getitem__, np.array([4, 0, 1]))})
    other = Features({"band": ImageLevel(images.__getitem__, np.array([3, 2]))})
    joined = Features.joined([one, other]).subset([4, 0, 3])
    for found, row in zip(joined.images("band"), (2, 4, 3), strict=False):
        np.testing.assert_array_equal(found, images[row])
