"""What to look at first, on every page."""

import base64
import io
import re
from dataclasses import replace

import fakes
import pandas as pd
import pytest
from PIL import Image

from anomalylab.reports import pc_space
from anomalylab.reports.parts.first import first, first_images, sentence
from anomalylab.runs.folder import Run
from anomalylab.runs.suspects import suspects
from anomalylab.runs.writing import amending

NAME = "patchcore"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("first") / "run", n_enlarged=12)


def with_verdict(run, kind):
    """The same run with a verdict of another kind."""
    other = Run(run.folder)
    told = replace(run.info.verdicts[NAME], kind=kind)
    other.info = replace(run.info, verdicts={**run.info.verdicts, NAME: told})
    return other


def test_the_ten_highest_scores_are_shown_in_their_order(run):
    shown = first_images(run, NAME)
    table = suspects(run, NAME).head(10)
    assert [image["path"] for image in shown] == list(table["image_path"])
    assert [image["is_above"] for image in shown] == list(table["is_beyond"])
    assert shown[0]["chance"] == f"{table['p_value'].iloc[0]:.2g}"


def test_a_picture_is_as_large_as_the_run_holds_it(run):
    sizes = {
        **run.table("thumbnails").set_index("sample_id")["width"],
        **run.table("enlarged").set_index("sample_id")["width"],
    }
    shown = first_images(run, NAME)
    for image in shown:
        content = base64.b64decode(image["src"].partition(",")[2])
        assert Image.open(io.BytesIO(content)).size == (image["width"], image["height"])
        assert image["width"] == sizes[image["id"]]
    assert len({image["width"] for image in shown}) == 2


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("clean", "Whether they stand out or not, these score highest by patchcore:"),
        ("undecidable", "Whether an image stands out is not known."),
        ("suspects", "These score highest by patchcore; 6 of 24 images lie at or above"),
        ("measured", "These score highest by patchcore; 6 of 24 images lie at or above"),
    ],
)
def test_its_sentence_is_honest_about_what_stands_out(run, kind, words):
    assert suspects(run, NAME)["is_beyond"].sum() == 6
    other = with_verdict(run, kind)
    assert sentence(other, NAME).startswith(words)
    assert first(other).html.count("<li ") == 10


def test_no_chance_is_named_where_it_is_not_known(run):
    assert "chance" in first(run).html
    assert "chance" not in first(with_verdict(run, "undecidable")).html


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """A run in which ranks 2, 5 and 13 look alike, and so do 3 and 4."""
    run = fakes.fake_run(tmp_path_factory.mktemp("alike") / "run", n_enlarged=24)
    ids = run.queries["sample_id"].to_numpy()[suspects(run, NAME).index]
    table = pd.DataFrame(
        {"detector": NAME, "sample_id": ids[[1, 4, 12, 2, 3]], "look": [1, 1, 1, 2, 2]}
    )
    with amending(run) as writer:
        writer.table("looks", table)
    return Run(run.folder)


def test_images_that_look_alike_stand_where_the_first_of_them_does(alike):
    shown = first_images(alike, NAME)
    ranks = [1, 2, 5, 13, 3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert [image["rank"] for image in shown] == ranks
    assert [image["entry"] for image in shown] == [0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9]
    thumbnails = alike.table("thumbnails").set_index("sample_id")["width"]
    is_small = [image["width"] == thumbnails[image["id"]] for image in shown]
    assert is_small == [rank == 13 for rank in ranks]


def test_each_group_is_asked_about_once_and_its_others_are_folded(alike):
    page = first(alike).html
    groups = page.split('<li class="al-alike">')[1:]
    asked = [re.search("<p>(.*?)</p>", group).group(1) for group in groups]
    assert asked == [f"These {n} look alike: another variant, or a defect?" for n in (3, 2)]
    lists = [re.split("</?ol", group)[1] for group in groups]
    assert [re.findall(r'id="al-first-(\d+)"', part) for part in lists] == [["2", "5"], ["3", "4"]]
    (folded,) = re.findall("<details>(.*?)</details>", page, re.S)
    assert re.findall(r'id="al-first-(\d+)"', folded) == ["13"]
    assert re.search("<summary>(.*?)</summary>", folded).group(1).strip() == "Show the other"
    order = [int(rank) for rank in re.findall(r'<li id="al-first-(\d+)"', page)]
    assert order == [image["rank"] for image in first_images(alike, NAME)]


def test_nothing_is_said_of_looks_where_none_are_alike(run):
    assert "alike" not in first(run).html


def test_the_page_on_a_pc_space_has_it_too(pc):
    html = pc_space.first(pc).html
    assert html.count("<li ") == len(pc.run.queries)
    top = suspects(pc.run).iloc[0]
    assert html.index(top["image_path"]) == min(
        html.index(path) for path in pc.run.queries["image_path"]
    )
