import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.errors import ParameterError
from anomalylab.pictures.cell_gallery import Gallery
from anomalylab.pictures.gallery import still


@pytest.fixture
def samples(tmp_path):
    names = ["<b>bold.png", "plain.png", "last.png"]
    for i, name in enumerate(names):
        Image.fromarray(np.full((40, 40, 3), 60 * i, np.uint8)).save(tmp_path / name)
    return pd.DataFrame({"sample_id": names, "image_path": names})


def test_the_most_anomalous_images_come_first_and_names_are_escaped(samples, tmp_path):
    gallery = Gallery(samples, tmp_path, np.array([2.0, 1, 3]), np.ones((3, 2, 2)), n_shown=2)
    html = gallery._repr_html_()
    assert html.index("last.png") < html.index("&lt;b&gt;bold.png")
    assert "plain.png" not in html
    assert "<b>" not in html


def test_a_figure_is_framed_in_amber_or_not_and_markup_in_it_stays_text():
    item = {"id": "a", "title": 'a "b" <c>', "words": "<1>"}
    framed = still([{**item, "is_above": True}], {"a": "data:,"}, side=96)
    assert "width:96px;border:3px solid #ee9a00" in framed
    assert 'title="a &quot;b&quot; &lt;c&gt;"' in framed
    assert "&lt;1&gt;</figcaption>" in framed
    assert "border:3px solid transparent" in still([item], {"a": "data:,"}, side=96)


def test_other_numbers_of_scores_than_samples_are_refused(samples, tmp_path):
    with pytest.raises(ParameterError, match="3 samples, 2 scores"):
        Gallery(samples, tmp_path, np.ones(2), np.ones((3, 2, 2)))
