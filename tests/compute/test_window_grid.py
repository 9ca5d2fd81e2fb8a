"""Values of windows on a grid, against a loop over pixels."""

import numpy as np
import pytest

from anomalylab.compute.window_grid import on_grid


def slow(values, window, shape, grid):
    """Give every pixel its nearest window and average the pixels of each cell."""
    half = window // 2
    rows = np.clip(np.arange(shape[0]) - half, 0, values.shape[0] - 1)
    cols = np.clip(np.arange(shape[1]) - half, 0, values.shape[1] - 1)
    pixels = values[rows[:, None], cols]
    return pixels.reshape(grid[0], shape[0] // grid[0], grid[1], -1).mean(axis=(1, 3))


@pytest.mark.parametrize("window", [1, 5, 11])
def test_cells_are_means_of_the_pixels_in_them(rng, window):
    shape = 24, 18
    values = rng.normal(size=(shape[0] - window + 1, shape[1] - window + 1))
    made = on_grid(values, window, shape, (6, 3))
    np.testing.assert_allclose(made, slow(values, window, shape, (6, 3)), rtol=1e-6)


@pytest.mark.parametrize("grid", [(64, 64), (5, 7), (1, 1)])
def test_one_value_stays_that_value_on_every_grid(grid):
    made = on_grid(np.full((21, 9), 3.5), 5, (25, 13), grid)
    assert made.shape == grid
    np.testing.assert_allclose(made, 3.5, rtol=1e-6)


def test_a_pixel_between_two_cells_counts_in_both():
    values = np.array([[0.0, 3.0, 0.0]])
    np.testing.assert_allclose(on_grid(values, 1, (1, 3), (1, 2)), [[1.0, 1.0]])
