import os
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from anomalylab.errors import DatasetError
from anomalylab.images.read import content_hash, read_image
from anomalylab.pc_space import opened
from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports.pc_space.linked.payload import carried_images, payload

OPENED: list[str] = []
LISTENING = [False]


def _note(event, args):
    if LISTENING[0] and event == "open":
        OPENED.append(os.fspath(args[0]) if not isinstance(args[0], int) else "")


@pytest.fixture(scope="module")
def hook():
    sys.addaudithook(_note)  # stays as long as the process, silent unless asked


@pytest.fixture
def openings(hook):
    """Paths opened while the test runs."""
    OPENED.clear()
    LISTENING[0] = True
    yield OPENED
    LISTENING[0] = False


@pytest.fixture
def moved(pc_run, tmp_path):
    """The small PC space with images that may be changed."""
    data = tmp_path / "data"
    shutil.copytree(pc_run.folder.parent / "data", data)
    return PCSpace(pc_run, data)


def path_of(pc, sample_id):
    return pc.root / pc.samples["image_path"].iloc[pc.row(sample_id)]


def test_an_image_is_what_its_file_holds_and_cannot_be_changed(moved):
    sample_id = moved.samples["sample_id"].iloc[0]
    for _ in range(2):
        image = moved.image(sample_id)
        np.testing.assert_array_equal(image, read_image(path_of(moved, sample_id)))
        with pytest.raises(ValueError, match="read-only"):
            image[0, 0] = 0


def test_what_a_page_carries_opens_each_image_once(moved, openings):
    images = carried_images(moved)
    payload(moved, images)
    ours = [path for path in openings if path.endswith(".png") and "_GT" not in path]
    assert len(images) > 1
    assert len(ours) == len(set(ours)) >= len(images)


def test_a_held_image_whose_file_has_changed_is_refused(moved):
    sample_id = moved.samples["sample_id"].iloc[0]
    path = path_of(moved, sample_id)
    image = moved.image(sample_id)
    Image.fromarray(255 - image).save(path)
    with pytest.raises(DatasetError, match="has changed since the run"):
        moved.image(sample_id)
    path.unlink()
    with pytest.raises(DatasetError, match="is gone"):
        moved.image(sample_id)


def test_a_changed_file_is_told_even_where_it_cannot_be_decoded(moved):
    sample_id = moved.samples["sample_id"].iloc[0]
    path_of(moved, sample_id).write_bytes(b"\x89PNG\r\n\x1a\n and nothing else")
    with pytest.raises(DatasetError, match="has changed since the run"):
        moved.image(sample_id)


def test_images_are_held_up_to_a_number_of_bytes_the_last_used_longest(
    moved, monkeypatch, openings
):
    first, second, third = moved.samples["sample_id"][:3]
    size = max(moved.image(name).nbytes for name in (first, second, third))
    monkeypatch.setattr(opened, "HELD_BYTES", 2 * size)
    fresh = PCSpace(moved.run, moved.root)
    openings.clear()
    for name in (first, second, first, third, first, second):
        fresh.image(name)
    read = [path for path in openings if path.endswith(".png")]
    expected = [str(path_of(fresh, name)) for name in (first, second, third, second)]
    assert read == expected


def test_the_hash_that_a_run_holds_is_that_of_the_file(moved):
    row = moved.samples.iloc[0]
    assert row["content_hash"] == content_hash(moved.root / row["image_path"])
