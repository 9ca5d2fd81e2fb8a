"""Files of pictures for the tests of reading."""

import pytest
from PIL import Image


@pytest.fixture
def saved(tmp_path):
    """Save a picture and return its path."""

    def save(picture, name="image.png", **options):
        path = tmp_path / name
        if not isinstance(picture, Image.Image):
            picture = Image.fromarray(picture)
        picture.save(path, **options)
        return path

    return save
