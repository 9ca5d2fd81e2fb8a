"""Built-in images: written once, whole or not at all, with masks that fit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets, schema
from anomalylab.datasets import textures
from anomalylab.datasets.textures import load, make_textures, make_unlabelled
from anomalylab.errors import DatasetError, ParameterError, UnknownNameError
from anomalylab.synthesise.photographs import REGIONS

SMALL = {"n_train": 3, "n_test_good": 2, "n_test_defect": 6, "size": 48}


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_layout_is_that_of_mvtec(tmp_path):
    assert make_textures(tmp_path, category="brick", **SMALL) == tmp_path
    files = {path.removeprefix("brick/") for path in contents(tmp_path)}
    assert {"train/good/002.png", "test/good/001.png", "textures.json", "crops.csv"} <= files
    assert {"test/missing_part/001.png", "ground_truth/missing_part/001_mask.png"} <= files
    assert {"test/stain/000.png", "ground_truth/stain/000_mask.png"} <= files
    assert len([name for name in files if name.endswith(".png")]) == 3 + 2 + 6 + 6


def test_the_samples_are_those_asked_for(tmp_path):
    samples = load(tmp_path, category="part", **SMALL)
    schema.SAMPLES.check(samples)
    assert (samples["split"] == "train").sum() == 3
    assert (samples["label"] == 1).sum() == 6
    assert samples.loc[samples["label"] == 1, "defect_type"].nunique() == 5
    assert set(samples["width"]) == set(samples["height"]) == {48}
    for row in samples.itertuples():
        assert (tmp_path / row.image_path).is_file()
        if row.label == 1:
            mask = np.asarray(Image.open(tmp_path / row.mask_path))
            assert set(np.unique(mask)) == {0, 255}
            assert mask.shape == (48, 48)


def test_without_a_folder_the_cache_is_used_and_named_in_the_table(cache):
    samples = datasets.load("textures", None, category="fabric", **SMALL)
    root = samples.attrs["root"]
    assert root.startswith(str(cache))
    again = datasets.load("textures", None, category="fabric", **SMALL)
    pd.testing.assert_frame_equal(samples, again)
    other = datasets.load("textures", None, category="fabric", **SMALL | {"seed": 1})
    assert other.attrs["root"] != root


def test_a_preset_and_its_contrast_are_the_same_recipe(cache):
    easy = make_textures(category="part", preset="easy", **SMALL)
    contrast = textures.Recipe(category="part").strength
    assert make_textures(category="part", preset="hard", contrast=contrast, **SMALL) == easy
    assert make_textures(category="part", preset="hard", **SMALL) != easy


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        contents(make_textures(tmp_path / name, category="grass", seed=seed, **SMALL))
        for name, seed in (("first", 0), ("again", 0), ("other", 1))
    )
    assert first == again
    assert first.keys() == other.keys()
    assert first["grass/train/good/000.png"] != other["grass/train/good/000.png"]


def test_what_is_there_already_is_not_written_again(tmp_path):
    image = (
        make_textures(tmp_path, category="part", **SMALL) / "part" / "train" / "good" / "000.png"
    )
    image.write_bytes(b"kept")
    make_textures(tmp_path, category="part", **SMALL)
    assert image.read_bytes() == b"kept"


def test_other_images_are_never_overwritten(tmp_path):
    make_textures(tmp_path, category="part", **SMALL)
    before = contents(tmp_path)
    with pytest.raises(DatasetError, match="does not hold the images asked for"):
        make_textures(tmp_path, category="part", **SMALL | {"seed": 1})
    assert contents(tmp_path) == before


def test_several_categories_share_a_folder(tmp_path):
    for category in ("part", "gravel"):
        make_textures(tmp_path, category=category, **SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gravel", "part"]


@pytest.mark.parametrize("category", REGIONS)
def test_the_crop_boxes_kept_lie_in_the_region_of_their_split(tmp_path, category):
    make_textures(tmp_path, category=category, **SMALL)
    crops = pd.read_csv(tmp_path / category / "crops.csv")
    assert len(crops) == 3 + 2 + 6
    for row in crops.itertuples():
        left, top, right, bottom = REGIONS[category][row.image_path.split("/")[0]]
        assert left <= row.left < row.right <= right
        assert top <= row.top < row.bottom <= bottom


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", fail)
    with pytest.raises(DatasetError, match="No space left on device"):
        make_textures(tmp_path, category="part", **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_overtaken_by_another_keeps_the_others_images(tmp_path, monkeypatch):
    complete = make_textures(tmp_path / "other", category="part", **SMALL) / "part"
    replace = Path.replace

    def replace_when_another_has_finished(folder, target):
        complete.rename(target)
        return replace(folder, target)

    monkeypatch.setattr(Path, "replace", replace_when_another_has_finished)
    make_textures(tmp_path, category="part", **SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "part"]


def test_the_recipe_is_kept_with_the_images(tmp_path):
    make_textures(tmp_path, category="part", contrast=0.25, **SMALL)
    recipe = json.loads((tmp_path / "part" / "textures.json").read_text())
    assert recipe["contrast"] == 0.25
    assert recipe["n_test_defect"] == 6


def test_unknown_names_and_numbers_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownNameError, match="n_train"):
        make_textures(tmp_path, n_trian=3)
    with pytest.raises(UnknownNameError, match="gravel"):
        load(tmp_path, category="gravle")
    with pytest.raises(ParameterError, match="contrast"):
        load(tmp_path, contrast=2)
    assert list(tmp_path.iterdir()) == []


def test_an_unlabelled_folder_holds_images_only_and_the_truth_lies_beside_it(tmp_path):
    folder = tmp_path / "line 3"
    truth = make_unlabelled(folder, n_normal=6, n_anomalous=3, category="part", size=48)
    assert sorted(path.name for path in folder.iterdir()) == sorted(truth["image_path"])
    assert truth["label"].sum() == 3
    assert list(truth["label"]) != sorted(truth["label"])
    assert set(truth.loc[truth["label"] == 0, "defect_type"]) == {"good"}
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "line 3_truth.csv"), truth)


def test_an_unlabelled_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(DatasetError, match="exists already"):
        make_unlabelled(tmp_path)
    with pytest.raises(ParameterError, match="negative"):
        make_unlabelled(tmp_path / "new", n_anomalous=-1)
    assert list(tmp_path.iterdir()) == []


def test_defective_images_in_a_folder_do_not_change_the_good_ones(tmp_path):
    clean = make_unlabelled(tmp_path / "clean", n_normal=4, n_anomalous=0, size=48)
    mixed = make_unlabelled(tmp_path / "mixed", n_normal=4, n_anomalous=2, size=48)
    clean_bytes, mixed_bytes = (
        {(tmp_path / name / path).read_bytes() for path in table["image_path"][table["label"] == 0]}
        for name, table in (("clean", clean), ("mixed", mixed))
    )
    assert len(clean_bytes) == 4
    assert clean_bytes == mixed_bytes


def test_defective_training_images_have_masks_and_change_no_other_image(tmp_path):
    numbers = {"category": "gravel", "n_train": 2, "n_test_good": 1, "n_test_defect": 3, "size": 64}
    plain = textures.load(tmp_path / "plain", **numbers)
    more = textures.load(tmp_path / "more", **numbers, n_train_defect=4)
    added = more[~more["sample_id"].isin(plain["sample_id"])]
    assert set(added["split"]) == {"train"}
    assert (added["label"] == 1).all()
    assert added["mask_path"].notna().all()
    assert len(added) == 4
    for path in plain["image_path"]:
        assert (tmp_path / "plain" / path).read_bytes() == (tmp_path / "more" / path).read_bytes()


def test_the_recipe_without_defective_training_images_is_recorded_as_before():
    assert "n_train_defect" not in textures.Recipe().record()
    assert textures.Recipe(n_train_defect=1).record()["n_train_defect"] == 1
