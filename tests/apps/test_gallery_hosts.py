"""A page, a live view and a notebook widget draw the same cards from the same model."""

import json
from pathlib import Path

import numpy as np
import panel as pn
import pytest
from bokeh.resources import INLINE
from live_views import DEEP, errors, wait_for
from selenium.webdriver import Keys

from anomalylab.apps.detect.gallery_cell import Gallery as Widget
from anomalylab.apps.kit.gallery import Gallery as PanelGallery
from anomalylab.pictures.encode import data_url, png
from anomalylab.reports.kit.fragment import Fragment

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CARDS = [
    ("a.png", "0.9", True, "anomalous", "found"),
    ("<b>b</b>.png", "0.5", False, "normal", "passed"),
    ("c.png", "0.1", False, None, "below"),
]
MODEL = {
    "items": [
        {
            "id": name,
            "title": name,
            "score": score,
            "is_above": above,
            "label": label,
            "words": said,
        }
        for name, score, above, label, said in CARDS
    ],
    "sources": {name: data_url(png(np.full((8, 8, 3), 90, np.uint8))) for name, *_ in CARDS},
    "active": CARDS[1][0],
    "on_click": "choose",
    "caption": "three of 1234",
    "page_size": 3,
    "n": 1234,
}

READ = DEEP + "const [root] = all(document, '.al-gallery'); return root?.outerHTML ?? null"
PRESS = DEEP + "all(document, '.al-card-face')[arguments[0]].focus()"
CHOSEN = (
    DEEP
    + """
const card = all(document, "[aria-pressed=true]").map((face) => face.parentNode);
const focused = card[0]?.firstChild === card[0]?.getRootNode().activeElement;
return [card.map((one) => one.dataset.id), focused];
"""
)


def page(folder):
    """Return a page that draws the model with what pages use."""
    run = "anomalylab.gallery.render({ model: new anomalylab.Model(%s), el: document.body });"
    scripts = Fragment("", ("kit/core.js", "kit/model.js", "gallery.js"))._repr_html_()
    return write(folder / "page.html", f"{scripts}<script>{run % as_json(MODEL)}</script>")


def live_view(folder):
    """Return a page on which Panel draws the model."""
    path = folder / "panel.html"
    pn.Column(PanelGallery(**MODEL)).save(path, resources=INLINE)
    return path


def widget(folder):
    """Return a page that imports the widget's module as anywidget does."""
    text = as_json(str(Widget._esm))
    model = Fragment("", ("kit/core.js", "kit/model.js"))._repr_html_()
    module = f"""
    const blob = new Blob([{text}], {{ type: "text/javascript" }});
    const {{ default: widget }} = await import(URL.createObjectURL(blob));
    widget.render({{ model: new anomalylab.Model({as_json(MODEL)}), el: document.body }});
    """
    return write(folder / "widget.html", f'{model}<script type="module">{module}</script>')


def as_json(data):
    return json.dumps(data).replace("<", "\\u003c")


def write(path: Path, html: str) -> Path:
    path.write_text(f'<!doctype html><meta charset="utf-8"><body>{html}', encoding="utf-8")
    return path


def drawn(browser, path):
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(path.as_uri())
    return wait_for(lambda: browser.execute_script(READ))


def test_three_hosts_draw_the_same_cards(browser, tmp_path):
    page_html, *others = (drawn(browser, host(tmp_path)) for host in (page, live_view, widget))
    assert others == [page_html] * 2
    assert page_html.count('<li class="al-card') == 3
    assert "1–3 of 1\u202f234" in page_html
    assert "<b>b</b>" not in page_html


@pytest.mark.parametrize("host", [page, live_view, widget])
def test_arrow_keys_choose_the_card_beside_and_keep_the_focus(browser, tmp_path, host):
    drawn(browser, host(tmp_path))
    assert browser.execute_script(CHOSEN)[0] == [CARDS[1][0]]
    browser.execute_script(PRESS, 1)
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert browser.execute_script(CHOSEN) == [[CARDS[2][0]], True]
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert browser.execute_script(CHOSEN) == [[CARDS[1][0]], True]
    ours = [error for error in errors(browser) if "Failed to load resource" not in error]
    assert ours == []  # Panel asks for icons when it writes a file
