"""Commands that are killed anywhere give the same bytes when they are called again."""

from contextlib import closing

import pytest
from kills import Bench, kill_and_compare

pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with closing(Bench(tmp_path_factory.mktemp("kills"))) as bench:
        yield bench


@pytest.mark.parametrize(
    ("name", "n_kills"), [("run", 6), ("recipe", 6), ("report", 2)], ids=["run", "recipe", "report"]
)
def test_what_is_killed_gives_the_same_bytes_when_it_is_called_again(bench, name, n_kills):
    assert len(list(kill_and_compare(bench, n_kills, seed=n_kills, names=(name,)))) >= n_kills
