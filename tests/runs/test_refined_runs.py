"""Runs of pni, and of detectors whose maps are refined."""

import numpy as np
import pytest
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.detectors import load
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.sensitivity.again import measure_again
from anomalylab.runs.sensitivity.plan import Wish

pytestmark = pytest.mark.xdist_group("refined")

REFINE = {"size": 32, "width": 4, "epochs": 1, "copies": 1, "blend": 0.5}
CHOICES = tuple(DetectorChoice.parse(text) for text in ("patchcore", "pni@tiny"))


def write_images(folder, n_images, seed=0):
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for i in range(n_images):
        pixels = rng.integers(100, 140, (16, 16, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("refined")


@pytest.fixture(scope="module")
def images(root):
    return write_images(root / "images", 12)


@pytest.fixture(scope="module")
def finished(root, images):
    request = DetectRequest(data=images, detectors=CHOICES, size=(64, 64), refine=REFINE)
    return run(request, root / "run")


def test_maps_of_all_named_detectors_are_refined_and_both_trainings_are_told(finished):
    assert list(finished.detectors) == ["patchcore", "pni@tiny"]
    for label in finished.detectors:
        assert finished.detect.detectors[label].name == "refined"
        assert finished.score_maps(label).shape == (12, 32, 32)
    curve = finished.table("training")
    assert set(curve["detector"]) == set(finished.detectors)
    assert set(curve["measure"]) == {"loss", "before"}
    told = [one.message for one in finished.info.findings if "are refined by" in one.message]
    assert len(told) == 2
    assert "50% of what is shown" in told[0]
    assert "--refine size=32,width=4,epochs=1,copies=1,blend=0.5" in finished.info.command


def test_new_images_are_scored_with_the_network_of_the_run(finished, root):
    new = write_images(root / "new", 3, seed=5)
    scored = score(finished.folder, new, root / "scored")
    assert scored.score_maps("patchcore").shape == (3, 32, 32)
    detector = load(finished.folder / "detectors" / "patchcore")
    assert detector.blend == 0.5


def test_defects_are_planted_again_in_a_finished_run(finished):
    wish = Wish(kinds=("spot",), widths=(8,), contrasts=(1.0,), per_cell=3)
    measured = measure_again(finished.folder, wish)
    assert set(measured.table("planted")["detector"]) == set(finished.detectors)


def test_a_run_of_pni_alone_tells_its_training(root, images):
    code = main(
        ["run", str(images), "--detector", "pni@tiny", "--size", "64", "--sensitivity", "none"]
        + ["-o", str(root / "pni")]
    )
    assert code == 0
    made = Run(root / "pni")
    training = made.detect.detectors["pni@tiny"].training
    assert training.n_trainings == 4
    assert set(made.table("training")["measure"]) == {"loss", "accuracy"}


def test_what_cannot_be_refined_is_refused_at_once(root, images):
    with pytest.raises(ParameterError, match="named"):
        DetectRequest(data=images, refine={})
    with pytest.raises(ParameterError, match="bilinearly"):
        DetectRequest(data=images, detectors=CHOICES, refine={}, resize="area")
    for options, error, words in (
        ({"blnd": 0.5}, UnknownNameError, "blend"),
        ({"blend": "much"}, ParameterError, "takes a number"),
        ({"blend": 2.0}, ParameterError, "from 0 to 1"),
    ):
        request = DetectRequest(data=images, detectors=CHOICES, refine=options)
        with pytest.raises(error, match=words):
            run(request, root / "refused")
    assert not (root / "refused").exists()
