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
    ("name", "n_kills"),
    [
        ("run", 6),
        ("recipe", 6),
        ("report", 2),
        ("study", 3),
        ("pni", 1),
        ("autoencoder", 2),
        ("metric-learning", 2),
    ],
    ids=["run", "recipe", "report", "study", "pni", "autoencoder", "metric-learning"],
)
def test_what_is_killed_gives_the_same_bytes_when_it_is_called_again(bench, name, n_kills):
    assert len(list(kill_and_compare(bench, n_kills, seed=n_kills, names=(name,)))) >= n_kills


def test_what_a_killed_study_has_computed_is_not_computed_again(bench):
    def results():
        return {path.name: path.stat().st_mtime_ns for path in bench.root.rglob("*.block")}

    bench.forget(0.5)
    n_steps = bench.call("study")
    expected, of_all = bench.made("study"), set(results())
    bench.forget(0.5)
    assert bench.call("study", kill_at=n_steps * 2 // 3) is None
    computed = results()
    assert 0 < len(computed) < len(of_all)
    bench.call("study")
    assert bench.made("study") == expected
    assert set(results()) == of_all
    assert {name: when for name, when in results().items() if name in computed} == computed
