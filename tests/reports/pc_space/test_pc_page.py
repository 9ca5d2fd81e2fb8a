"""The page of a PC space in a real browser that has no network."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from fakes import fake_run
from pages import find, find_all, fresh, requests, width_in
from pc_runs import WINDOW

from anomalylab.errors import ParameterError
from anomalylab.number_words import grouped
from anomalylab.reports import report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECTIONS = {
    "Look at these first": "score highest by",
    "Images as clouds": "3 of 3, highest score first",
    "Which windows, and where in the image?": "windows of this image that lie there",
    "All training images as one cloud": "10 normal images, {n_windows} windows",
    "From cloud to counts": "The same in {bins} × {bins} counts",
    "What windows are made of": "{share:.1f} % of the variance",
    "How well images are told apart": "published, on KolektorSDD2",
    "How this was made": "anomalylab recipe pc-space",
}
"""Title of each section, and what it tells of the run."""


@pytest.fixture(scope="module")
def page(pc_run, tmp_path_factory):
    return report(pc_run.folder, tmp_path_factory.mktemp("page") / "pc.html")


@pytest.fixture
def opened(browser, page):
    return fresh(browser, page)


def test_the_page_asks_for_nothing_but_itself_and_reports_no_error(opened, page):
    find(opened, "th button[title=Sort]").click()
    assert requests(opened) == [page.as_uri()]
    assert opened.get_log("browser") == []
    assert page.stat().st_size < 1_000_000


def test_all_sections_are_there_and_each_tells_of_the_run(opened, pc):
    assert [link.text for link in find_all(opened, "nav li")] == list(SECTIONS)
    variances, info = pc.space.variances, pc.run.info
    training = pc.samples[pc.samples["sample_id"].isin(info.training_ids)]
    n_windows = ((training["height"] - WINDOW + 1) * (training["width"] - WINDOW + 1)).sum()
    values = {
        "n_windows": grouped(int(n_windows)),
        "bins": pc.info.bins,
        "share": 100 * variances[0] / pc.space.total_variance,
    }
    verdict, *sections = find_all(opened, "main > section")
    assert "3 of 3 defective test images are found" in verdict.text
    for section, told in zip(sections, SECTIONS.values(), strict=True):
        assert told.format(**values) in section.text
    assert len(find_all(opened, ".al-clouds > li")) == 7


def test_a_click_on_a_head_sorts_the_table(opened):
    column = """
      const table = arguments[0].closest("table"), at = arguments[0].closest("th").cellIndex;
      return [...table.tBodies[0].rows].map((row) => Number(row.cells[at].textContent));
    """
    heads = find_all(opened, "#how-this-was-made th button")
    seconds = next(head for head in heads if head.text == "Seconds")
    for is_falling in (True, False):
        seconds.click()
        values = opened.execute_script(column, seconds)
        assert len(set(values)) > 1
        assert values == sorted(values, reverse=is_falling)


def test_every_picture_is_read_and_has_a_text(opened):
    wrong = """
      const all = (selector) => [...document.querySelectorAll(selector)];
      const isRead = (e) => e.complete && e.naturalWidth > 0 && e.hasAttribute("alt");
      const images = all("main img").filter((e) => !isRead(e));
      const drawings = all("main svg[role=img]").filter((e) => !e.getAttribute("aria-label"));
      return [...images, ...drawings].map((e) => e.outerHTML);
    """
    assert opened.execute_script(wrong) == []


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_window(opened, width):
    assert width_in(opened, width) <= width


def test_without_scripts_all_still_pictures_are_there(browser, page, pc_run):
    fresh(browser, page, is_scripted=False)
    try:
        assert pc_run.info.verdicts["odds"].sentence in browser.page_source
        assert len(find_all(browser, ".al-clouds .al-plane")) == 7
        assert all(picture.is_displayed() for picture in find_all(browser, ".al-clouds .al-plane"))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_page_of_a_moved_run_comes_with_its_images_given_and_without_them(pc_run, tmp_path):
    folder = tmp_path / "moved" / "run"
    shutil.copytree(pc_run.folder, folder)
    data = pc_run.folder.parent / "data"
    without = report(folder).read_text(encoding="utf-8")
    assert "the images are not where they were" in without
    assert (folder / "report.ipynb").is_file()
    given = report(folder, tmp_path / "given.html", data=data).read_text(encoding="utf-8")
    assert "the images are not where they were" not in given
    assert str(tmp_path) not in without + given


def test_a_page_that_needs_no_images_refuses_a_folder_of_them(tmp_path):
    run = fake_run(tmp_path / "run")
    with pytest.raises(ParameterError, match="leave out --data"):
        report(run.folder, data=tmp_path)


LISTENER = """
import os, sys

def hear(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = os.path.normpath(os.fspath(arguments[0]))
        if isinstance(path, str) and path.startswith(os.environ["LISTEN_TO"]):
            out = os.open(os.environ["WRITE_TO"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(out, os.fsencode(os.path.basename(path) + os.linesep))
            os.close(out)

sys.addaudithook(hear)
"""
"""Writes down which files are opened, in every Python that is started with it on its path."""


def test_a_page_of_seven_images_reads_each_image_and_each_mask_once(pc_run, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(LISTENER)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("LISTEN_TO", str(pc_run.folder.parent / "data"))
    monkeypatch.setenv("WRITE_TO", str(tmp_path / "opened.txt"))
    report(pc_run.folder, tmp_path / "page.html")
    opened = Counter((tmp_path / "opened.txt").read_text().split())
    assert len(pc_run.queries) == 7
    names = [Path(path).name for path in pc_run.queries["image_path"]]
    assert {name: opened[name] for name in names} == dict.fromkeys(names, 1)
    assert set(opened.values()) == {1}
