"""Too few images for a detector are refused before the long work, not after a first fit."""

import numpy as np
import pytest
from PIL import Image

from anomalylab.detectors import Detector
from anomalylab.errors import ParameterError
from anomalylab.recipes.pni.request import PNIRequest
from anomalylab.recipes.pni.run import run as run_pni
from anomalylab.runs.detect import run
from anomalylab.runs.request import DetectorChoice, DetectRequest

N_KINDS = 60
"""Of PNI: 16 cells of an image, and half of them in the memory, make 8 images the least."""


def write_images(folder, n_images, n_scenes):
    """Write images of noise; those from ``n_scenes`` on are lighter copies of the first."""
    rng = np.random.default_rng(0)
    scenes = rng.integers(60, 160, (n_scenes, 64, 64, 3)).astype(np.uint8)
    folder.mkdir(parents=True)
    for i in range(n_images):
        Image.fromarray(scenes[i % n_scenes] + i).save(folder / f"{i:02}.png")
    return folder


def request_of(folder, *more):
    texts = ("patchcore", f"pni@tiny:n_kinds={N_KINDS}", *more)
    choices = tuple(DetectorChoice.parse(text) for text in texts)
    return DetectRequest(data=folder, detectors=choices, size=(64, 64), levels=("block4",))


@pytest.fixture
def without_fits(monkeypatch):
    """No detector can be fitted."""
    monkeypatch.setattr(Detector, "fit", None)


def test_what_a_fold_leaves_over_is_counted_before_an_image_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("anomalylab.runs.detect.embedded", None)
    few = write_images(tmp_path / "few", 11, 11)  # a fold leaves 7
    message = r"some of the 11 .* 7 are left, and pni keeps 56 of 112 .* at most 56 kinds"
    with pytest.raises(ParameterError, match=message):
        run(request_of(few), tmp_path / "run")
    enough = write_images(tmp_path / "enough", 12, 12)
    with pytest.raises(TypeError, match="not callable"):  # it comes to reading
        run(request_of(enough), tmp_path / "run")


def test_groups_of_near_copies_are_counted_before_any_detector_is_fitted(tmp_path, without_fits):
    folder = write_images(tmp_path / "images", 12, 3)  # a fold of one scene leaves 8
    with pytest.raises(TypeError, match="not callable"):  # it comes to a fit
        run(request_of(folder), tmp_path / "run")
    folder = write_images(tmp_path / "two", 12, 2)  # a scene leaves 6
    with pytest.raises(ParameterError, match="6 are left, and pni keeps 48 of 96"):
        run(request_of(folder), tmp_path / "run")


def request_of_recipe(data, n_kinds):
    params = {"coreset": 0.5, "n_kinds": n_kinds}
    return PNIRequest(data=data, preset="tiny", params=params, size=(64, 64), levels=("block4",))


def write_products(root, numbers):
    for name, (n_train, n_scenes) in numbers.items():
        write_images(root / name / "train" / "good", n_train, n_scenes)
        write_images(root / name / "test" / "good", 2, 2)
        write_images(root / name / "test" / "hole", 2, 2)


def test_the_recipe_of_pni_counts_all_categories_before_it_reads_one(tmp_path, monkeypatch):
    write_products(tmp_path / "data", {"brick": (12, 12), "grass": (11, 11)})
    monkeypatch.setattr("anomalylab.recipes.pni.run.embedded", None)
    with pytest.raises(ParameterError, match="7 are left, and pni keeps 56 of 112"):
        run_pni(request_of_recipe(tmp_path / "data", N_KINDS), tmp_path / "run")


def test_the_recipe_of_pni_refuses_near_copies_before_it_draws_a_defect(
    tmp_path, monkeypatch, without_fits
):
    write_products(tmp_path / "data", {"brick": (12, 2)})
    monkeypatch.setattr("anomalylab.recipes.pni.run.copies_of", None)
    with pytest.raises(ParameterError, match="6 are left, and pni keeps 48 of 96"):
        run_pni(request_of_recipe(tmp_path / "data", N_KINDS), tmp_path / "run")
