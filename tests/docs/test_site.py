"""The pages build without a warning and ask no other host for anything."""

import re
import subprocess
import sys

import pytest
from how_to import ROOT

pytest.importorskip("sphinx", reason="pip install -e '.[docs]' to build the pages")

pytestmark = pytest.mark.xdist_group("site")

ASKED_FOR = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(?:https?:)?//[^\"]+"
    r"|<link\b[^>]*\brel=\"(?:stylesheet|preload|preconnect|icon)\"[^>]*\bhref=\"(?:https?:)?//[^\"]+"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "--fail-on-warning", "--keep-going"]
    command += ["-b", "html", "-d", str(folder / "trees"), str(ROOT / "docs"), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_pages_ask_no_other_host(site):
    for page in site.rglob("*.html"):
        assert not ASKED_FOR.findall(page.read_text(encoding="utf-8")), page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", style.read_text("utf-8"))


def test_formulas_are_drawn_by_the_browser(site):
    text = (site / "methods/mahalanobis.html").read_text(encoding="utf-8")
    assert text.count("<math") > 10
    assert not re.search(r"<script[^>]*mathjax", text, re.IGNORECASE)


def test_the_reference_lists_what_a_detector_is_made_of(site):
    text = (site / "reference/detectors.html").read_text(encoding="utf-8")
    for name in ("Detector", "patchcore.PatchCore", "register", "create"):
        assert f'id="anomalylab.detectors.{name}"' in text
