"""The commands that make pages of a study: its own, and those of the publication."""

import pytest
from pages import find, find_all, fresh, requests
from study_runs import fake_study

from anomalylab.cli.main import main


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_study(tmp_path_factory.mktemp("studies") / "made-up", ("bottle",)).folder


def test_the_page_of_a_study_says_what_it_found_and_how_it_was_made(run, browser):
    assert main(["report", str(run)]) == 0
    page = run / "report.html"
    fresh(browser, page)
    assert "of the training images defective" in find(browser, ".al-verdict-sentence").text
    assert len(find_all(browser, ".al-three .al-point")) == 3 * 2 * 3
    assert "anomalylab study made-up.toml" in page.read_text(encoding="utf-8")
    assert [url for url in requests(browser) if not url.startswith("file:")] == []


def test_the_publication_is_drawn_from_a_study(run, tmp_path, capsys):
    assert main(["paper", str(run), "-o", str(tmp_path / "paper")]) == 0
    pages = [tmp_path / "paper" / name for name in ("pollution.html", "refinement.html")]
    assert capsys.readouterr().out.split() == [str(page) for page in pages]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert "1 of the 13 published products" in texts[0]
    assert "Figure 3." in texts[0]
    assert all(f"Figure {number}" in texts[1] for number in (4, 5, 9, 10, 11, 12, 13))
    for number in (1, 2, 4):
        assert (tmp_path / "paper" / f"table_{number}.csv").is_file()
        assert (tmp_path / "paper" / f"table_{number}.tex").is_file()


def test_a_run_that_is_no_study_is_refused_in_a_line(tmp_path, capsys):
    from fakes import fake_run

    run = fake_run(tmp_path / "run")
    assert main(["paper", str(run.folder)]) == 1
    error = capsys.readouterr().err
    assert "no study" in error
    assert "Traceback" not in error
