"""README, changelog, citation and templates say what is so."""

import re
import tomllib

import pytest
from how_to import ROOT

LINK = re.compile(r"\]\(([^)#\s]+)(?:#([\w-]+))?\)")
PAGES = [
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob(".github/**/*.md")]
    if path.stem not in ("contributing", "changelog")
]


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.fixture(scope="module")
def version():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["version"]


def test_the_readme_can_be_read_in_one_go():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page):
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path = (page.parent / target).resolve()
        assert path.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(path), f"{page.name}: {target}#{anchor}"


def test_every_page_is_in_the_contents():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([\w/-]+)$", index, re.MULTILINE))
    docs = ROOT / "docs"
    pages = {page.relative_to(docs).with_suffix("").as_posix() for page in docs.rglob("*.md")}
    assert listed == pages - {"index"}


def test_the_changelog_begins_with_what_is_unreleased_and_knows_this_version(version):
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert headings[0] == ("Unreleased", "")
    assert version in dict(headings)
    assert all(date for name, date in headings[1:])
    kinds = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_names_this_version(version):
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    entries = dict(line.split(": ", 1) for line in lines if re.match(r"[\w-]+: ", line))
    assert entries["version"].strip('"') == version
    assert {"cff-version", "message", "title", "date-released", "license"} <= set(entries)


def test_what_is_shipped_as_source_holds_the_front_door():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    hatch = tomllib.loads(text)["tool"]["hatch"]["build"]["targets"]
    shipped = set(hatch["sdist"]["include"])
    assert all((ROOT / name).exists() for name in shipped)
    assert {"docs", "tests", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= shipped
    assert hatch["wheel"]["force-include"] == {"notebooks": "anomalylab/notebooks"}
