"""Images that belong together, by a column of a table, stay together in all recipes."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.cli.main import build_parser, main
from anomalylab.cli.options import dataset_params
from anomalylab.errors import DatasetError
from anomalylab.recipes.autoencoder.trained import Good
from anomalylab.recipes.metric_learning.inputs import Category, read_category
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.kinds import recipes, resolve
from anomalylab.studies.material import listed
from anomalylab.training.splits import split

RECIPES = {kind.words: kind for kind in recipes()}
PARTS = ["a", "a", "a", "b", "b", "c", "d", "d", "e", "f"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Images of noise, and a table that says of which part each is."""
    root, rng = tmp_path_factory.mktemp("parts"), np.random.default_rng(5)
    names = [f"{number}.png" for number in range(len(PARTS))]
    for name in names:
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(root / name)
    rows = {"image_path": names, "part": PARTS}
    pd.DataFrame(rows).to_csv(root / "parts.csv", index=False)
    return root / "parts.csv"


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Images that differ by next to nothing: near copies of one."""
    root, rng = tmp_path_factory.mktemp("copies"), np.random.default_rng(6)
    scene = np.kron(rng.integers(40, 200, (8, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    for number in range(8):
        noise = rng.integers(0, 4, scene.shape, np.uint8)
        Image.fromarray(scene + noise).save(root / f"{number}.png")
    return root


def request_of(word, *given):
    options = build_parser().parse_args(["recipe", word, *map(str, given)])
    return resolve(RECIPES[word].options).request(options, dataset_params(options))


def read(source) -> Category:
    (one,) = listed(source, ())
    return read_category(one, (32, 32), "full")


@pytest.mark.parametrize("word", RECIPES)
def test_the_column_that_is_named_says_what_belongs_together(word, table):
    request = request_of(word, table, "--group-by", "part")
    (one,) = listed(request.source, ())
    assert groups_of(one.samples).tolist() == pd.factorize(pd.Series(PARTS))[0].tolist()
    command = request.command(table.parent / "out").split()
    assert command[:6] == ["anomalylab", "recipe", word, "parts.csv", "--group-by", "part"]
    assert "--group-by" not in request_of(word, table).command(table.parent / "out")


@pytest.mark.parametrize("word", RECIPES)
def test_a_column_that_is_not_there_is_refused_before_any_training(word, table, tmp_path, capsys):
    given = ["recipe", word, str(table), "--group-by", "prt", "-o", str(tmp_path / "out")]
    assert main(given) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "unknown column to group by 'prt'; did you mean 'part'" in told
    assert not (tmp_path / "out").exists()


def test_no_part_is_learnt_from_and_held_out(table):
    category = read(request_of("autoencoder", table, "--group-by", "part").source)
    good = Good(category.images, category.groups)
    for seed in range(5):
        learnt, held = split(good.groups, 0.3, seed)
        assert len(held)
        assert not {PARTS[row] for row in learnt} & {PARTS[row] for row in held}


def test_near_copies_alone_are_refused_and_the_advice_can_be_followed(copies):
    with pytest.raises(DatasetError, match="--group-by nothing"):
        read(request_of("metric-learning", copies).source)
    taken = read(request_of("metric-learning", copies, "--group-by", "nothing").source)
    assert len(set(taken.groups)) == 8
