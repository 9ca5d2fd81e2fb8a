"""Counts as pictures: orientation and scales."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.pictures.colours import PALETTES
from anomalylab.pictures.shading import colour_table, shade, shade_signed


def test_x_runs_to_the_right_and_y_upwards():
    counts = np.zeros((5, 3))
    counts[4, 0] = 7  # far right, bottom
    rgba = shade(counts)
    assert rgba.shape == (3, 5, 4)
    assert np.argwhere(rgba[..., 3]).tolist() == [[2, 4]]
    assert rgba[2, 4, :3].tolist() == colour_table("inferno")[255].tolist()


def test_equal_factors_are_equal_steps_on_the_log_scale():
    counts = np.array([[9, 99, 999]])
    steps = [colour_table("inferno").tolist().index(c) for c in shade(counts)[::-1, 0, :3].tolist()]
    assert steps[2] == 255
    assert steps[1] - steps[0] == pytest.approx(steps[2] - steps[1], abs=1)


def test_pictures_with_one_vmax_share_a_scale():
    alone, beside = shade(np.array([[5.0]]), vmax=50), shade(np.array([[5.0, 50.0]]))
    assert alone[0, 0].tolist() == beside[1, 0].tolist()


def test_equalised_colours_depend_on_ranks_only(rng):
    counts = rng.integers(0, 50, (8, 9))
    assert (shade(counts, how="eq_hist") == shade(counts**3, how="eq_hist")).all()


def test_the_middle_of_a_diverging_scale_is_zero_whatever_the_values():
    table = colour_table("diverging").astype(int)
    rgba = shade_signed(np.array([[-1.0, 0.0, 4.0]]))[::-1, 0, :3].astype(int)
    assert np.abs(rgba[1] - table[127:129]).max() <= 2
    assert rgba[2].tolist() == table[255].tolist()
    assert rgba[0].tolist() == table[round(127.5 - 127.5 / 4)].tolist()


def test_nothing_at_all_gives_an_empty_picture():
    for how in ("log", "eq_hist"):
        assert (shade(np.zeros((4, 4)), how=how)[..., 3] == 0).all()
    middle = colour_table("diverging")[127:129].astype(int)
    assert np.abs(shade_signed(np.zeros((4, 4)))[..., :3].astype(int) - middle[0]).max() <= 2


def test_bad_counts_and_names_are_refused():
    with pytest.raises(ParameterError, match="at least 0"):
        shade(np.array([[-1.0]]))
    with pytest.raises(ParameterError, match="finite"):
        shade(np.array([[np.nan]]))
    with pytest.raises(UnknownNameError, match="did you mean 'inferno'"):
        shade(np.ones((2, 2)), "infernal")
    with pytest.raises(UnknownNameError, match="scale of colours"):
        shade(np.ones((2, 2)), how="linear")


@pytest.mark.parametrize("palette", ["inferno", "viridis"])
def test_sequential_palettes_grow_lighter_all_the_way(palette):
    lightness = colour_table(palette) @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(lightness) > -0.5).all()
    assert lightness[-1] - lightness[0] > 150


def test_every_palette_has_256_colours():
    assert {colour_table(name).shape for name in PALETTES} == {(256, 3)}
