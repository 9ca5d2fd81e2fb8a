"""What pages tell the reader to do works, followed word for word."""

import json
import re

import pandas as pd
import pytest
from how_to import ROOT, Follower, steps

DOCS = ROOT / "docs"
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if page.parent.name != "reference" and steps(page)
)
OWN_TESTS = {"add-a-detector", "add-a-data-set", "add-a-recipe"}


def read(folder, table):
    return pd.read_parquet(folder / f"{table}.parquet")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem not in OWN_TESTS], ids=lambda page: page.stem
)
def test_a_page_can_be_followed(page, tmp_path):
    Follower(tmp_path).follow(page)


def test_the_detector_of_the_how_to_runs_and_scores_new_images(tmp_path):
    Follower(tmp_path).follow(DOCS / "howto/add-a-detector.md")

    scores = read(tmp_path / "reports/far", "scores")
    assert set(scores["detector"]) == {"far", "far-power=2"}
    odd = scores["sample_id"].str.contains("odd")
    assert scores[odd]["score"].min() > 0
    plain, squared = (
        scores[scores["detector"] == name].set_index("sample_id")["score"].sort_index()
        for name in ("far", "far-power=2")
    )
    assert squared.to_numpy() == pytest.approx(plain.to_numpy() ** 2, rel=1e-4)
    assert plain.idxmax().endswith("odd.png")
    new = read(tmp_path / "reports/far_new", "samples").query("split != 'train'")
    assert len(new) == 3
    assert (tmp_path / "reports/far/report.html").stat().st_size > 100_000


def test_the_data_set_of_the_how_to_is_known_by_its_folders_and_has_its_option(tmp_path):
    Follower(tmp_path).follow(DOCS / "howto/add-a-data-set.md")

    samples = read(tmp_path / "reports/my_parts", "samples")
    assert (samples["split"] == "test").sum() == 3 + 2
    assert samples.loc[samples["label"] == 1, "split"].eq("test").all()


def test_the_recipe_of_the_how_to_runs_from_the_command_line_and_touches_one_file(tmp_path):
    reader = Follower(tmp_path)
    reader.follow(DOCS / "howto/add-a-recipe.md")

    changed, new = reader.touched()
    assert changed == {"anomalylab/runs/kinds.py"}
    assert {path.rpartition("/")[0] for path in new} == {"anomalylab/recipes/agreement"}
    run = tmp_path / "reports/agreement"
    scores = read(run, "scores")
    assert scores["score"].to_numpy() == pytest.approx((scores["one"] - scores["other"]).abs())
    assert scores["score"].is_monotonic_decreasing
    assert len(scores) == 28
    assert json.loads((run / "run.json").read_text())["agreement"]["other"] == "knn"
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count(f'alt="{scores["sample_id"][0]}"') == 1
    assert "scores no new images" in reader.refusal("score reports/agreement new_images -o new")
    assert "has no live view" in reader.refusal("serve agreement reports/agreement")
    assert "not 'knn' twice" in reader.refusal("recipe agreement my_images --one knn --other knn")


def test_the_cell_of_the_readme_runs(tmp_path):
    (cell,) = [step for step in steps(ROOT / "README.md") if step.kind == "python"]
    assert len([line for line in cell.text.splitlines() if line]) <= 10
    Follower(tmp_path).python(cell)


def test_the_commands_of_the_readme_are_those_of_getting_started():
    def commands(page):
        text = "\n".join(step.text for step in steps(page) if step.kind == "bash")
        return {" ".join(line.split("#")[0].split()) for line in text.splitlines() if line}

    installs = re.compile("venv|pytest")
    wanted = {line for line in commands(ROOT / "README.md") if not installs.search(line)}
    assert wanted <= commands(DOCS / "getting-started.md")


def test_an_excused_block_says_why():
    excuses = [step.excuse for page in PAGES for step in steps(page) if step.excuse]
    assert all(len(excuse.split()) >= 3 for excuse in excuses)
