"""How fast is learned: up, down, and at rest at the end where that is wanted."""

import numpy as np
import pytest

from anomalylab.training.schedule import factor

N_STEPS = 1000


def factors(schedule):
    return np.array([factor(schedule, step, N_STEPS) for step in range(N_STEPS)])


def test_a_soft_landing_rises_as_one_cycle_and_is_at_rest_in_the_last_fifth():
    soft, usual = factors("soft-landing"), factors("one-cycle")
    np.testing.assert_array_equal(soft[:250], usual[:250])
    assert soft.max() == usual.max() == 1
    assert (soft[251:] < usual[251:]).all()
    shares = [one[-200:].sum() / one.sum() for one in (soft, usual)]
    assert shares[0] < 0.01 < 0.02 < shares[1]


@pytest.mark.parametrize("schedule", ["one-cycle", "soft-landing", "cosine"])
def test_all_but_constant_fall_to_nothing_and_never_below(schedule):
    falling = factors(schedule)[250:]
    assert (np.diff(falling) < 0).all()
    assert 0 <= falling[-1] < 1e-4
    assert (factors("constant") == 1).all()
