"""The image that the live view shows large is its file, where that is there as it was."""

import json

import numpy as np
import pytest
from fakes import fake_run
from PIL import Image

from anomalylab.apps.detect.app import DetectApp, pages_of
from anomalylab.errors import DatasetError
from anomalylab.images.read import content_hash

SIZE = (1200, 1600)


@pytest.fixture
def run(tmp_path):
    return fake_run(tmp_path / "run")


@pytest.fixture
def image(run, tmp_path, rng):
    """The first image of the run as a file of its own, known to it by its content."""
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / run.queries["sample_id"].iloc[0]
    Image.fromarray(small).resize(SIZE[::-1]).save(path)
    is_it = run.samples["sample_id"] == path.name
    run.samples.loc[is_it, "content_hash"] = content_hash(path)
    return path


def app_of(run, image):
    app = DetectApp(run, image.parent)
    app.state.sample_id = image.name
    return app


def drawn(app):
    return [layer.bounds.lbrt() for layer in app.picture() if type(layer).__name__ == "RGB"]


def test_the_file_is_shown_with_its_map_and_its_outline_on_it(run, image):
    app = app_of(run, image)
    large = app.pictures.large(image.name)
    expected = Image.open(image).resize((1024, 768), Image.Resampling.BOX)
    assert large.note == ""
    assert np.abs(large.pixels.astype(int) - np.asarray(expected)).max() <= 1
    assert drawn(app) == [(0, 0, 1024, 768)] * 2
    (ring,) = json.loads(app.pictures.contour(image.name, (768, 1024)))
    factor = np.divide((1024, 768), 192)
    np.testing.assert_allclose(ring[0], np.multiply((100, 60), factor))


@pytest.mark.parametrize("how", ["gone", "changed", "broken"])
def test_where_the_file_is_not_as_it_was_the_thumbnail_stands_in_and_the_words_say_so(
    run, image, how
):
    if how == "gone":
        image.unlink()
    elif how == "changed":
        Image.new("RGB", SIZE[::-1]).save(image)
    else:
        image.write_bytes(b"no picture")
        run.samples.loc[run.samples["sample_id"] == image.name, "content_hash"] = content_hash(
            image
        )
    large = app_of(run, image).pictures.large(image.name)
    assert large.pixels.shape == (192, 192, 3)
    assert large.note.startswith("Thumbnail of 192 px")


def test_a_folder_that_is_not_there_is_refused_before_anything_is_served(run, tmp_path):
    with pytest.raises(DatasetError, match="--data"):
        pages_of(run, tmp_path / "nowhere")
