"""What an auto-encoder and PNI would have seen is measured as for any detector."""

import numpy as np
import pytest
from PIL import Image

from anomalylab.runs.detect import run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.sensitivity.again import measure_again
from anomalylab.runs.sensitivity.plan import Wish

pytestmark = pytest.mark.xdist_group("sensitivity_of_trained")

NAMES = ("autoencoder@tiny", "pni@tiny")
WISH = Wish(kinds=("spot",), widths=(8,), contrasts=(1.0,), per_cell=3)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sensitivity_of_trained")
    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    for i in range(12):
        pixels = rng.integers(100, 140, (16, 16, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{i:02}.png")
    choices = tuple(DetectorChoice.parse(name) for name in NAMES)
    request = DetectRequest(
        data=folder / "images", detectors=choices, size=(64, 64), sensitivity="none"
    )
    run(request, folder / "run")
    return measure_again(folder / "run", WISH)


def test_the_same_defects_are_planted_for_both_in_images_that_were_left_out(finished):
    planted, scores = finished.table("planted"), finished.table("scores")
    assert set(planted["detector"]) == set(NAMES)
    of_each = planted.pivot(index="plant", columns="detector", values="sample_id")
    assert (of_each[NAMES[0]] == of_each[NAMES[1]]).all()
    left_out = scores.set_index(["detector", "sample_id"])["score"]
    before = planted.set_index(["detector", "sample_id"])["score_before"]
    assert before.to_dict() == pytest.approx(left_out.loc[before.index].to_dict(), rel=1e-5)


def test_large_defects_are_found_by_both(finished):
    assert (finished.table("planted")["score"] > finished.table("planted")["score_before"]).all()
    table = finished.table("sensitivity").set_index("detector")
    assert (table.loc[list(NAMES), "n_found"] == table.loc[list(NAMES), "n_images"]).all()
