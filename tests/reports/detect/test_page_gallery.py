"""The gallery on the page of a run: what it shows, enlarges, and hands out as a list."""

import numpy as np
import pandas as pd
import pytest
from pages import drag, find, find_all, fresh, press, texts
from run_pages import NAME

from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.suspects import suspects

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_gallery_is_ordered_by_score_and_filters_by_kind_column_and_name(opened, run):
    scores = run.scores(NAME)["score"]
    shown = [int(card.get_attribute("data-id")) for card in find_all(opened, ".al-card")]
    assert shown == list(np.argsort(-scores.to_numpy(), kind="stable")[:24])
    find(opened, "[data-column=camera]").send_keys("left")
    is_left = run.queries["camera"] == "left"
    assert len(find_all(opened, ".al-card")) == is_left.sum()
    find(opened, "[data-search]").send_keys("image_015")
    assert texts(opened, ".al-card .al-file") == ["image_015.png"]
    find(opened, "[data-filter=misses]").click()
    assert "No image passes" in find(opened, ".al-gallery").text


def test_nothing_is_selected_at_first_and_after_a_threshold_moved(opened):
    from selenium.webdriver import Keys

    assert not find_all(opened, ".al-is-selected")
    press(opened, "[role=slider]", Keys.PAGE_UP)
    assert not find_all(opened, ".al-is-selected")


def test_a_selection_in_the_embedding_filters_the_gallery_and_marks_the_histogram(opened, run):
    find(opened, "[data-shape=box]").click()
    drag(opened, ".al-embedding-plot", [(0, -10), (60, -60), (150, -190)])
    selected = len(find_all(opened, ".al-embedding-plot circle.al-is-selected"))
    assert 0 < selected < len(run.queries)
    assert len(find_all(opened, ".al-card")) == min(selected, 24)
    assert len(find_all(opened, ".al-bricks .al-is-selected")) == selected
    assert f"{selected} image" in find(opened, ".al-selected").text
    find(opened, "[data-detector=knn]").click()
    assert len(find_all(opened, ".al-bricks .al-is-selected")) == selected
    find(opened, ".al-selected button").click()
    assert len(find_all(opened, ".al-card")) == 24


def test_a_click_enlarges_arrows_step_and_escape_returns(opened):
    from selenium.webdriver import ActionChains, Keys

    find(opened, ".al-card-face").click()
    names = texts(opened, ".al-card .al-file")
    assert find(opened, "dialog[open] h3").text == names[0]
    assert len(find_all(opened, "dialog .al-picture")) == 2
    assert len(find_all(opened, "dialog rect.al-cell")) == 2
    ActionChains(opened).send_keys(Keys.ARROW_RIGHT).perform()
    assert find(opened, "dialog[open] h3").text == names[1]
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert find_all(opened, "dialog[open]") == []


def test_enlarging_shows_the_image_or_says_that_it_is_a_thumbnail(browser, large):
    from selenium.webdriver import Keys

    run, page = large
    fresh(browser, page)
    kept = run.table("enlarged").set_index("sample_id")["width"].to_dict()
    seen = set()
    find(browser, ".al-card-face").click()
    for _ in range(60):
        name = find(browser, ".al-dialog h3").text
        width = kept.get(name, 192)
        own = find(browser, ".al-dialog figure")
        picture = own.find_element("css selector", "img")
        assert int(picture.get_property("naturalWidth")) == width
        assert own.find_element("css selector", "canvas").get_property("width") == width
        words = f"thumbnail of 192 px; the file is {name}"
        assert (words in own.text) == (name not in kept)
        assert own.get_attribute("class") == ("al-is-large" if name in kept else "")
        seen.add(name)
        press(browser, ".al-dialog h3", Keys.ARROW_RIGHT)
    assert seen == set(run.queries["sample_id"])


def test_the_first_images_open_beside_their_nearest_where_scripts_run(opened, run):
    find(opened, "#al-first-3 a").click()
    expected = suspects(run, NAME).iloc[2]
    assert find(opened, ".al-dialog h3").text == run.queries["sample_id"][expected.name]


def test_maps_are_painted_where_the_defect_is_and_follow_the_opacity(opened):
    from selenium.webdriver import Keys

    alpha = """
      const canvas = document.querySelector(".al-card canvas");
      const at = (x, y) => canvas.getContext("2d").getImageData(x, y, 1, 1).data[3];
      return [at(115, 75), at(20, 180)];
    """
    inside, outside = opened.execute_script(alpha)
    assert inside > 100
    assert outside == 0
    press(opened, "[data-opacity]", Keys.HOME)
    opacity = "return getComputedStyle(document.querySelector('.al-card canvas')).opacity"
    assert float(opened.execute_script(opacity)) == 0


def saved(browser):
    """What the button that saves the list would write, and under which name."""
    browser.execute_script(
        "URL.createObjectURL = (blob) => { window.kept = blob; return 'about:blank'; };"
        "HTMLAnchorElement.prototype.click = function () { window.keptAs = this.download; };"
    )
    find(browser, "[data-list=save]").click()
    content = browser.execute_async_script(
        "kept.arrayBuffer().then((b) => arguments[0]([...new Uint8Array(b)]))"
    )
    return bytes(content), browser.execute_script("return keptAs")


COPIED = """
const said = [];
if (arguments[0]) Object.defineProperty(navigator, "clipboard",
    { value: { writeText: async (text) => said.push(text) }, configurable: true });
else Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
document.execCommand = () => { said.push(document.activeElement.value); return true; };
document.querySelector("[data-list=copy]").click();
setTimeout(() => arguments[1](said), 50);
"""


def test_the_list_that_is_saved_is_the_table_beside_the_run(opened, run, tmp_path):
    content, name = saved(opened)
    write_csv(suspects(run), tmp_path / "expected.csv")
    (tmp_path / name).write_bytes(content)
    tables = [pd.read_csv(tmp_path / file) for file in ("expected.csv", "suspects.csv")]
    pd.testing.assert_frame_equal(*tables, rtol=1e-8)
    assert content[:3] == b"\xef\xbb\xbf"
    assert "30 images saved as suspects.csv" in find(opened, ".al-hand").text


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_list_that_is_copied_is_the_one_shown(opened, run, has_clipboard):
    find(opened, "[data-filter=above]").click()
    (text,) = opened.execute_async_script(COPIED, has_clipboard)
    rows = [line.split("\t") for line in text.split("\n")]
    table = suspects(run)
    beyond = table[table["is_beyond"]]
    assert 0 < len(beyond) < len(table)
    assert rows[0] == list(table)
    assert [row[1] for row in rows[1:]] == list(beyond["image_path"])
    assert [float(row[2]) for row in rows[1:]] == pytest.approx(list(beyond["score"]), rel=1e-8)
    assert [row[5:7] for row in rows[1:]] == beyond[["x", "y"]].astype(str).to_numpy().tolist()


def test_no_cell_that_a_page_hands_out_is_a_formula(opened):
    opened.execute_script(
        """
        const rows = [["image_path", "note", "score"],
          ["=1.png", "@a", -2], ["\\t=2.png", "＝3", null], ['a "b",c', "-x", 0.1 + 0.2]];
        const model = new anomalylab.Model({ list_name: "l.csv" });
        model.on("change:wants", () => model.update({ listed: { wants: 1, rows } }));
        document.body.replaceChildren();
        anomalylab.gallery.render({ model, el: document.body });
        """
    )
    assert saved(opened)[0].decode("utf-8-sig") == (
        'image_path,note,score\n./=1.png,\'@a,-2\n./\t=2.png,\'＝3,\n"a ""b"",c",\'-x,0.3\n'
    )
