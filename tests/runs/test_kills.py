"""Commands that are killed anywhere give the same bytes when they are called again."""

from contextlib import closing

from kills import Bench, kill_and_compare


def test_a_run_that_is_killed_gives_the_same_bytes_when_it_is_called_again(tmp_path):
    with closing(Bench(tmp_path)) as bench:
        assert len(list(kill_and_compare(bench, 8, seed=1, names=("run",)))) >= 8


def test_a_recipe_that_is_killed_gives_the_same_bytes_when_it_is_called_again(tmp_path):
    with closing(Bench(tmp_path)) as bench:
        assert len(list(kill_and_compare(bench, 8, seed=2, names=("recipe",)))) >= 8


def test_a_page_that_is_killed_has_the_same_bytes_when_it_is_called_for_again(tmp_path):
    with closing(Bench(tmp_path)) as bench:
        assert len(list(kill_and_compare(bench, 2, seed=3, names=("report",)))) >= 2
