"""What would have been seen, and why this detector, as readers see them."""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import find, find_all, fresh, texts, width_in
from pc_pages import write_page
from PIL import Image

from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.parts.choice import choice
from anomalylab.reports.parts.sensitivity import sensitivity

WIDTHS = (4, 8, 18, 40, 80, 120, 160)
KINDS = ("patch_swap", "spot")


def picture(value):
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 40, 3), value, np.uint8)).save(buffer, "webp")
    return buffer.getvalue()


class PlantedRun:
    """As much of a run as these parts read."""

    detectors = ("padim", "knn")
    map_ramp = "amber to red"

    def __init__(self, scored_with=None):
        self.info = SimpleNamespace(scored_with=scored_with)
        found = [
            (name, kind, width, contrast, 4, width % 5, width % 5 / 4, 0.1, 0.9, 0.75, 0.5, 0.9)
            for name in self.detectors
            for kind in KINDS
            for width in WIDTHS
            for contrast in (1.0, 0.3)
            if (kind, width) != ("spot", 160)
        ]
        columns = "detector defect width contrast n_images n_found found low high auroc auroc_low"
        plants = [
            ("padim", i, "<b>.png", kind, 8, contrast, 8.0, 20.0, 5, 5, 1.0, 2.0, kind == "spot")
            for i, (kind, contrast) in enumerate((k, c) for k in KINDS for c in (1.0, 0.3))
        ]
        of_plants = "detector plant sample_id defect width contrast measured_width difference row"
        self.tables = {
            "sensitivity": pd.DataFrame(found, columns=[*columns.split(), "auroc_high"]),
            "planted": pd.DataFrame(
                plants, columns=[*of_plants.split(), "col", "score_before", "score", "is_found"]
            ),
            "planted_pictures": pd.DataFrame(
                {
                    "plant": range(len(plants)),
                    "before": [picture(90)] * len(plants),
                    "after": [picture(180)] * len(plants),
                    "side": 40,
                }
            ),
            "choice": pd.DataFrame(
                {
                    "detector": ["padim", "knn", "padim"],
                    "size": ["224 x 224", "224 x 224", "320 x 320"],
                    "figure": [0.8, 0.81, 0.5],
                    "low": 0.4,
                    "high": 0.9,
                    "behind": [0.01, 0.0, 0.31],
                    "behind_low": [-0.02, 0.0, 0.2],
                    "behind_high": [0.04, 0.0, 0.4],
                    "is_tied": [True, True, False],
                    "stated": [0.79, 0.8, None],
                    "stated_low": [0.7, 0.7, None],
                    "stated_high": [0.9, 0.9, None],
                }
            ),
        }
        self.files = SimpleNamespace(array=lambda name, *shape: np.ones(shape, np.float32))

    def table(self, name):
        return self.tables[name]

    def threshold(self, detector, kind="image"):
        return 1.5


@pytest.fixture(scope="module")
def run():
    return PlantedRun()


def test_settings_stand_in_the_order_taken_with_what_each_is_worth(run):
    html = choice(run).html
    assert "0.010 (\N{MINUS SIGN}0.020 to 0.040), tied" in html
    assert "<td>the best</td>" in html
    assert "<td>0.310 (0.200 to 0.400)</td><td>–</td>" in html
    assert html.index(">chosen<") < html.index(">beside it<")
    assert html.count(">chosen<") == html.count(">beside it<") == 1
    assert html.count("224 × 224") == 2


def test_one_size_is_not_told_in_each_row(run):
    other = PlantedRun()
    other.tables = {"choice": run.table("choice").head(2)}
    assert "224" not in choice(other).html


def test_nothing_is_shown_where_nothing_was_planted_or_chosen(run):
    bare = PlantedRun()
    bare.tables = {name: table.iloc[:0] for name, table in run.tables.items()}
    for part in (choice, sensitivity):
        assert "al-nothing" in part(bare).html


def test_a_name_of_an_image_is_escaped(run):
    assert "<b>.png" not in sensitivity(run).html


def test_new_images_are_told_that_defects_were_planted_in_others(run):
    scored = PlantedRun(scored_with=SimpleNamespace(run="<boards>"))
    own, of_another = (sensitivity(one).html for one in (run, scored))
    assert "in copies of these images" in own
    assert "your images" in own
    assert "Nothing was planted in the new images" not in own
    assert "in copies of the images of “&lt;boards&gt;”, which scored these" in of_another
    assert "Nothing was planted in the new images" in of_another


def test_a_detector_is_called_by_the_name_that_readers_know(run):
    html = sensitivity(run, {"padim": "Padim of parts"}).html
    assert "the map of Padim of parts" in html
    assert "The same for knn" in html


@pytest.fixture(scope="module")
def page(run, tmp_path_factory):
    seen = sensitivity(run)
    both = Fragment(f"<main>{seen.html}{choice(run).html}</main>", (), seen.styles)
    return write_page(both, tmp_path_factory.mktemp("planted") / "page.html")


def heads(browser):
    return [head.text for head in find_all(browser, ".al-plants h4") if head.is_displayed()]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_cell_leads_to_its_pictures_without_scripts(browser, page):
    fresh(browser, page, is_scripted=False)
    assert heads(browser) == ["Patch swap, clear, 8 px wide"]
    find(browser, "a[href='#al-planted-spot-8-30']").click()
    assert heads(browser) == ["Spot, faint, 8 px wide"]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_many_widths_fit_a_narrow_window_and_what_does_not_fit_in_is_a_dash(browser, page):
    fresh(browser, page)
    assert width_in(browser, 400) <= 400
    assert texts(browser, ".al-seen td.al-soft") == ["–"] * 4
