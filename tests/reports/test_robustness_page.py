"""The page on robustness: words from numbers, drawings, and the notebook that makes it."""

import numpy as np
import pandas as pd
import pytest
from pages import find, find_all, fresh, requests, width_in

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.reports import robustness
from anomalylab.reports.robustness.words import contour_words, distance_words, neighbour_words
from anomalylab.studies.published import published
from anomalylab.studies.robustness import axes_of_change, contours, distances, fit

ODD = "<b>a & b</b>.png"


class Given:
    """A polluted training set without images."""

    def __init__(self, vectors, is_defect, name="part"):
        ids = [f"train/{i}.png" for i in range(len(vectors))]
        ids[0] = ODD
        self.samples = pd.DataFrame({"sample_id": ids})
        self.is_defect = is_defect
        self.name = name
        self.share = is_defect.mean()
        self.features = type("Levels", (), {"stored": ("block4",)})()
        self._vectors = vectors

    def vectors(self, level):
        return self._vectors

    def thumbnails(self, rows):
        from io import BytesIO

        from PIL import Image

        stream = BytesIO()
        Image.new("RGB", (32, 24)).save(stream, "WEBP")
        ids = self.samples["sample_id"].iloc[list(rows)]
        return pd.DataFrame(
            {"sample_id": ids, "image": stream.getvalue(), "width": 32, "height": 24}
        ).assign(contour=None)


def spread(*, away, apart, seed=0):
    """80 healthy images around the origin, 20 defects ``away`` from it and ``apart``."""
    rng = np.random.default_rng(seed)
    is_defect = np.arange(100) < 20
    vectors = rng.normal(size=(100, 6))
    vectors[is_defect] *= apart
    vectors[is_defect, 0] += away
    return vectors, is_defect


@pytest.fixture(scope="module")
def found():
    return robustness.found(Given(*spread(away=5, apart=1)))


def drawn_of(vectors, is_defect):
    gaussians = fit(vectors[~is_defect]), fit(vectors)
    return contours(vectors, is_defect, gaussians, axes_of_change(*gaussians))


def test_words_tell_a_gaussian_that_defects_widen_from_one_that_they_leave():
    wide = contour_words(drawn_of(*spread(away=5, apart=1)))
    assert "times as wide along the first axis, and only" in wide
    narrow = contour_words(drawn_of(*spread(away=0, apart=0.9)))
    assert "hardly wider" in narrow


def test_words_tell_defects_that_are_a_cluster_from_those_that_are_not():
    cluster = distances(*spread(away=8, apart=0.5))
    assert "they are nearer than that" in distance_words(cluster)
    assert "defects do have their like" in neighbour_words(cluster)
    none = distances(*spread(away=0, apart=1))
    assert "not told apart" in distance_words(none)
    assert "no more than chance" in neighbour_words(none)


def test_the_headline_counts_what_the_figure_shows(found):
    n_hidden = int(found.chosen.is_hidden.sum())
    assert n_hidden > 10
    html = robustness.headline(found).html
    assert f"{n_hidden} defects of 20 hide in a Gaussian that they have widened" in html
    assert f"{found.distances.defects.n_same} have another defect as nearest neighbour" in html


def test_every_image_is_a_mark_and_names_are_escaped(found):
    html = robustness.figure(found).html
    assert html.count('class="al-of-healthy"') == 3 * 80
    assert html.count('class="al-of-defects"') == 3 * 20
    assert html.count('class="al-ellipse"') == html.count('class="al-ellipse-all"') == 9
    assert ODD not in html + robustness.hidden(found).html + robustness.made(found).html
    assert "&lt;b&gt;a &amp; b" in html


def test_published_ratios_stand_beside_those_of_their_category_only():
    vectors, is_defect = spread(away=5, apart=1)
    bottle = robustness.table(robustness.found(Given(vectors, is_defect, "bottle"))).html
    assert "Published ratio" in bottle
    assert "1.90" in bottle  # 22.66 / 11.92
    assert "1.01" in bottle  # 22.90 / 22.66
    assert "Published" not in robustness.table(robustness.found(Given(vectors, is_defect))).html


def test_published_means_are_those_of_their_columns():
    """Of 13 categories, to the digit that is printed; one of them is cut off, not rounded."""
    table = published()
    of_tables = table[table["table"].isin([1, 2]) & (table["metric"] == "auroc")]
    assert of_tables["category"].nunique() == 14
    keys = ["table", "detector", "pollution", "reject"]
    means = of_tables[of_tables["category"] == "mean"].set_index(keys)["value"]
    columns = of_tables[of_tables["category"] != "mean"].groupby(keys)["value"].mean()
    assert len(means) == 4 * 2 + 4 * 3
    assert (means - columns).abs().max() < 0.00055


def test_no_defect_that_hides_leaves_no_section():
    found = robustness.found(Given(*spread(away=0, apart=0.2)))
    assert not found.chosen.is_hidden.any()
    assert "None of 20 defects hides" in robustness.headline(found).html
    assert "al-nothing" in robustness.hidden(found).html


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Made by the command, of a dozen small images."""
    folder = tmp_path_factory.mktemp("robustness")
    sizes = {"n_train": 15, "n_test_good": 2, "n_test_defect": 8, "size": 64}
    root = make_textures(folder / "images", **sizes)
    out = folder / "page.html"
    command = ["robustness", str(root), "--category", "part", "--change", "channels"]
    assert main([*command, "-o", str(out)]) == 0
    return out


def test_the_command_writes_a_page_and_its_notebook(page):
    text = page.read_text(encoding="utf-8")
    assert "What do defects among the training images do to what is learnt?" in text
    assert text.index("Channels of largest difference") < text.index("Largest difference of var")
    assert page.with_suffix(".ipynb").is_file()


def test_the_page_asks_no_other_host_and_fits_a_phone(browser, page):
    fresh(browser, page)
    assert find(browser, ".al-contours svg").is_displayed()
    assert len(find_all(browser, ".al-contours .al-of-defects")) == 3
    assert [url for url in requests(browser) if not url.startswith("file:")] == []
    assert width_in(browser, 400) <= 400


def test_data_without_enough_defects_are_refused_in_a_line(tmp_path, capsys):
    root = make_textures(
        tmp_path / "images", n_train=15, n_test_good=2, n_test_defect=1, size=64, seed=1
    )
    assert main(["robustness", str(root), "-o", str(tmp_path / "page.html")]) == 1
    assert "defect" in capsys.readouterr().err
