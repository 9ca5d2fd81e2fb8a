"""Commands that are killed anywhere give the same bytes when they are called again."""

from kills import Bench, kill_and_compare


def test_a_run_that_is_killed_gives_the_same_bytes_when_it_is_called_again(tmp_path):
    assert len(list(kill_and_compare(Bench(tmp_path), 3, seed=1, names=("run",)))) == 3


def test_a_recipe_that_is_killed_gives_the_same_bytes_when_it_is_called_again(tmp_path):
    assert len(list(kill_and_compare(Bench(tmp_path), 2, seed=2, names=("recipe",)))) == 2
