"""The images to look at first, kept larger than their thumbnails."""

import io

import numpy as np
import pytest
from PIL import Image

from anomalylab.images.read import read_image
from anomalylab.pictures.thumbnails import MAX_BYTES, enlarged
from anomalylab.runs.detect import run
from anomalylab.runs.enlarged import N_ENLARGED, N_FIRST
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score

pytestmark = pytest.mark.xdist_group("enlarged")

SIZE = (300, 400)


def pixels_of(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def smooth(rng, height, width):
    small = rng.integers(60, 200, (5, 6, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("enlarged") / "data", np.random.default_rng(0)
    folder.mkdir()
    for number in range(30):
        Image.fromarray(smooth(rng, *SIZE)).save(folder / f"{number:02d}.png")
    names = ("knn", "mahalanobis")
    request = DetectRequest(data=folder, detectors=tuple(map(DetectorChoice.parse, names)))
    return run(request, folder.parent / "run")


def test_the_first_ones_of_the_verdict_come_first_then_the_best_of_any_detector(finished):
    by_detector = [
        finished.scores(name).sort_values("score", ascending=False, kind="stable")["sample_id"]
        for name in finished.detectors
    ]
    expected = list(by_detector[0][:N_FIRST])
    for rank in range(30):
        best = {order.iloc[rank] for order in by_detector}
        expected += [name for name in by_detector[0] if name in best and name not in expected]
    assert list(finished.table("enlarged")["sample_id"]) == expected[:N_ENLARGED]


def test_what_is_kept_is_the_image_and_no_thumbnail(finished):
    paths = finished.samples.set_index("sample_id")["image_path"]
    for row in finished.table("enlarged").itertuples():
        shown = pixels_of(row.image)
        image = read_image(finished.folder.parent / "data" / paths[row.sample_id])
        assert shown.shape == image.shape == (row.height, row.width, 3)
        assert np.abs(shown.astype(int) - image).mean() < 3


def test_the_next_run_keeps_the_same_bytes(finished, tmp_path):
    folder = finished.folder.parent
    names = tuple(map(DetectorChoice.parse, finished.detectors))
    again = run(DetectRequest(data=folder / "data", detectors=names), tmp_path / "again")
    file = "enlarged.parquet"
    assert (again.folder / file).read_bytes() == (finished.folder / file).read_bytes()


def test_scored_images_are_enlarged_too(finished, tmp_path, rng):
    (tmp_path / "new").mkdir()
    large, small = smooth(rng, 600, 900), smooth(rng, 90, 120)
    for name, image in {"large.png": large, "small.png": small}.items():
        Image.fromarray(image).save(tmp_path / "new" / name)
    scored = score(finished.folder, tmp_path / "new", tmp_path / "scored")
    table = scored.table("enlarged")
    assert list(table["sample_id"]) == ["large.png"]  # of the other, the thumbnail is all there is
    assert tuple(table[["height", "width"]].iloc[0]) == (512, 768)


def test_a_noisy_image_is_shrunk_until_it_fits_its_share(rng):
    noise = rng.integers(0, 256, (900, 1200, 3), np.uint8)
    content, width, height = enlarged(noise)
    assert len(content) <= MAX_BYTES
    assert pixels_of(content).shape == (height, width, 3)
    assert 192 < width < 768
