"""What is left of a part in a notebook that JupyterLab opens untrusted."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import fakes
import pytest

from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports import detect, pc_space
from anomalylab.reports.kit.fragment import without_assets

ALLOWED = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "button",
        "canvas",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
    ]
)
"""Elements that its sanitizer leaves, of those that pages may have."""

WITH_ITS_WORDS = frozenset(["script", "style", "textarea", "option"])
ATTRIBUTES = frozenset(["class", "style", "title", "src", "alt", "width", "height", "hidden"])
VOID = frozenset(["img", "br", "hr", "input", "col"])
BREAKS = frozenset(
    [
        "div",
        "p",
        "li",
        "ol",
        "ul",
        "td",
        "th",
        "tr",
        "table",
        "h3",
        "figcaption",
        "dt",
        "dd",
        "br",
        "section",
        "pre",
        "img",
    ]
)


class Reader(HTMLParser):
    """Reads what stays visible: words, and the sources of images."""

    def __init__(self):
        super().__init__()
        self.words, self.images, self.open = [], [], []

    def handle_starttag(self, tag, attributes):
        kept = {k: v for k, v in attributes if tag in ALLOWED and k in ATTRIBUTES}
        is_gone = tag in WITH_ITS_WORDS or "hidden" in kept or "none" in kept.get("style", "")
        if tag not in VOID:
            self.open.append((tag, is_gone))
        if tag in BREAKS:
            self.words.append("\n")
        if tag == "img" and not self.is_hidden:
            self.images.append(kept)

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass
        if tag in BREAKS:
            self.words.append("\n")

    @property
    def is_hidden(self):
        return any(is_gone for _, is_gone in self.open)

    def handle_data(self, data):
        if not self.is_hidden:
            self.words.append(data)


def left(fragment):
    """Return the words and images that a reader sees."""
    reader = Reader()
    reader.feed(fragment._repr_html_())
    assert not reader.open
    return re.sub(r"[ \t]+", " ", "".join(reader.words)), reader.images


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("untrusted") / "run")


def test_no_words_run_into_each_other(run):
    words, _ = left(detect.comparison(run))
    assert re.search(r"AUROC chance that", words)
    assert re.search(r"0\.99 0\.97 to 1\.00", words)
    assert "Recall by type of defect" in words
    words, _ = left(detect.verdict(run))
    assert "Beyond the threshold 6 about" in words


def test_the_most_unusual_images_and_the_counts_are_shown(run):
    words, images = left(detect.first(run))
    assert len(images) >= 6
    assert all(image["src"].startswith("data:image/") for image in images)
    assert "anomalous" in words
    words, _ = left(detect.explorer(run))
    assert "Counts at the threshold of the run" in words
    assert "{" not in words


@pytest.mark.parametrize("part", ["curves", "comparison"])
def test_drawings_become_pictures_with_their_words_inside(run, part):
    fragment = getattr(detect, part)(run)
    words, images = left(fragment)
    assert len(images) == fragment.html.count("<svg") > 3
    for image in images:
        assert image["alt"]
        kind, source = image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        drawing = ElementTree.fromstring(base64.b64decode(source))
        assert drawing.get("width") == image["width"]
        assert "".join(drawing.itertext()).strip()
    assert not re.search(r"0\s+0\.2\s+0\.4", words)


@pytest.mark.parametrize(
    "part",
    ["clouds", "explorer", "densities", "histogram", "odds", "bands", "components", "curves"],
)
def test_every_part_of_a_pc_space_with_pictures_shows_them(pc_run, part):
    fragment = getattr(pc_space, part)(PCSpace(pc_run))
    words, images = left(fragment)
    drawn = len(re.findall(r'<svg[^>]*role="img"', fragment.html))
    assert len(images) == drawn + fragment.html.count("<img ") > 0
    assert len(words.split()) > 20
    for image in images:
        if "svg" in image["src"][:30]:
            ElementTree.fromstring(base64.b64decode(image["src"].split(",")[1]))


def test_a_page_carries_no_stills(run):
    html = detect.curves(run)._repr_html_()
    assert detect.curves(run).html in without_assets(html)
    assert "al-instead" not in without_assets(html).replace(".al-instead", "")
