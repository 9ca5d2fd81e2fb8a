"""A selection is a short text and a set of windows; the page finds the same windows as Python."""

import numpy as np
import pytest
from pages import fresh

from anomalylab.errors import ParameterError
from anomalylab.pc_space.cloud import Cloud
from anomalylab.pc_space.selection import KINDS, Selection

WINDOW, N_ROWS, N_COLS = 5, 20, 27
AXES = ("PC1", "PC2", "PC3", "residual")
PLANE = ("PC1", "PC2")


@pytest.fixture
def cloud(rng):
    """Windows at any places and, every other one, on a coarse grid, where they meet edges."""
    points = rng.normal(0, 3, (N_ROWS, N_COLS, 3)).astype(np.float32)
    points[::2] = points[::2].round()
    residual = rng.gamma(2, 4, (N_ROWS, N_COLS)).astype(np.float32)
    return Cloud("a.png", WINDOW, points, residual, residual)


def windows(kind, axes, numbers, cloud):
    return Selection(kind, axes, tuple(numbers)).windows(cloud)


@pytest.mark.parametrize(
    ("kind", "axes", "numbers"),
    [
        ("box", ("PC1", "PC2"), (-1.5, 2.0, 3.25, 4.0)),
        ("beyond", ("PC1", "PC2"), (0.0, 0.0, 30.5, 19.25)),
        ("lasso", ("PC1", "residual"), (0.0, 0.0, 2.0, 0.0, 1.0, 3.0)),
        ("rectangle", (), (3.0, 4.0, 20.0, 30.0)),
        ("point", (), (12.0, 15.0, 2.0)),
        ("point", (), (12.0, 15.0, 13.0, 17.0, 2.0)),
        ("interval", ("PC2",), (-1.0, 1.0)),
    ],
)
def test_a_selection_survives_being_written(kind, axes, numbers):
    selection = Selection(kind, axes, numbers)
    assert Selection.parse(str(selection), AXES) == selection


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "box:PC1,PC2:1,2,3",
        "box:PC1,PC9:1,2,3,4",
        "box:PC1:1,2,3,4",
        "lasso:PC1,PC2:1,2,3",
        "lasso:PC1,PC2:1,2,3,4",
        "lasso:PC1,PC2:1,2,3,4,5,6,7",
        "point::1,2",
        "point::1,2,3,4",
        "point:PC1:1,2,3",
        "beyond:PC1,PC2:0,0,0,1",
        "interval:PC1:1,nan",
        "::nan",
    ],
)
def test_an_address_cannot_make_up_a_selection(text):
    with pytest.raises(ParameterError, match="select windows in the cloud"):
        Selection.parse(text, AXES)


def test_a_box_selects_the_points_inside_it_and_on_its_border(cloud):
    x, y = cloud.along("PC1"), cloud.along("PC2")
    corner = float(x[3, 4]), float(y[3, 4])
    selected = windows("box", PLANE, (*corner, np.inf, np.inf), cloud)
    np.testing.assert_array_equal(selected, (x >= corner[0]) & (y >= corner[1]))
    assert selected[3, 4]


def test_a_border_between_two_float32_numbers_is_not_rounded_to_one_of_them(cloud):
    at = float(cloud.along("PC1")[3, 4])
    assert windows("interval", ("PC1",), (at, at), cloud)[3, 4]
    assert not windows("interval", ("PC1",), (np.nextafter(at, np.inf), np.inf), cloud)[3, 4]


def test_a_square_lasso_selects_what_the_box_does(cloud):
    corners = (-1.05, 0.77, 2.11, 0.77, 2.11, 3.3, -1.05, 3.3)
    lasso = windows("lasso", ("PC1", "residual"), corners, cloud)
    box = windows("box", ("PC1", "residual"), (-1.05, 0.77, 2.11, 3.3), cloud)
    assert box.any()
    np.testing.assert_array_equal(lasso, box)


def test_a_lasso_leaves_out_what_its_dent_leaves_out(cloud):
    x, y = cloud.along("PC1"), cloud.along("PC2")
    low, high = min(x.min(), y.min()) - 1.25, max(x.max(), y.max()) + 1.25
    corners = (low, low, high, low, high, high)
    is_off = x != y
    triangle = windows("lasso", PLANE, corners, cloud)
    np.testing.assert_array_equal(triangle[is_off], (x > y)[is_off])


def test_a_lasso_that_crosses_itself_leaves_out_what_it_goes_around_twice(cloud):
    square = (-4.5, -4.5, 4.5, -4.5, 4.5, 4.5, -4.5, 4.5)
    assert windows("lasso", PLANE, square, cloud).any()
    assert not windows("lasso", PLANE, square * 2, cloud).any()


def test_a_lasso_of_two_points_selects_nothing(cloud):
    assert not windows("lasso", PLANE, (-1.5, -1.5, 1.5, 1.25), cloud).any()


def test_beyond_an_ellipse_lies_what_is_further_from_its_middle_than_its_border(cloud):
    x, y = (cloud.along(axis).astype(float) for axis in PLANE)
    selected = windows("beyond", PLANE, (1, 0, 3, 2), cloud)
    away = np.hypot((x - 1) / 3, (y - 0) / 2)
    is_off = np.abs(away - 1) > 1e-9
    np.testing.assert_array_equal(selected[is_off], (away > 1)[is_off])
    assert not selected[(x == 4) & (y == 0)].any()


def test_an_interval_selects_between_two_positions(cloud):
    selected = windows("interval", ("PC3",), (-0.5, 0.5), cloud)
    np.testing.assert_array_equal(selected, np.abs(cloud.along("PC3")) <= 0.5)


def test_windows_near_a_pixel_are_counted_from_their_centres(cloud):
    assert windows("point", (), (7, 9, 0), cloud).nonzero() == (np.array([5]), np.array([7]))
    assert windows("point", (), (7, 9, 1), cloud).sum() == 5
    assert not windows("point", (), (0, 0, 1), cloud).any()


def test_several_pixels_select_what_each_of_them_does(cloud):
    first, second = (windows("point", (), (*at, 3), cloud) for at in ((7, 9), (8, 11)))
    both = windows("point", (), (7, 9, 8, 11, 3), cloud)
    np.testing.assert_array_equal(both, first | second)


def test_a_rectangle_of_the_image_selects_the_centres_in_it(cloud):
    rows, cols = windows("rectangle", (), (2, 2, 3, 4), cloud).nonzero()
    assert set(zip(rows.tolist(), cols.tolist(), strict=True)) == {
        (row, col) for row in (0, 1) for col in (0, 1, 2)
    }


def positions(cloud, axes):
    """Where windows lie along axes, or in the image: (n_windows, n_axes)."""
    places = [cloud.along(axis) for axis in axes] or np.broadcast_arrays(*cloud.centres)
    return np.stack(places, axis=-1).reshape(N_ROWS * N_COLS, -1).astype(float)


def drawn(rng, kind, axes, cloud):
    """A selection by its kind; its edges, corners and middles are windows, one time in two."""
    places = positions(cloud, axes)
    at_windows = rng.random() < 0.5
    low, high = places.min(axis=0) - 1, places.max(axis=0) + 1

    def take(n):
        return rng.choice(places, n) if at_windows else rng.uniform(low, high, (n, len(low)))

    if kind in ("box", "rectangle", "interval"):
        numbers = np.sort(take(2), axis=0)
    elif kind == "lasso":
        numbers = take(rng.integers(3, 40))
    elif kind == "beyond":
        middle, edge = take(2)
        numbers = np.append(middle, np.maximum(np.abs(edge - middle), 0.5))
    else:
        numbers = np.append(take(rng.integers(1, 5)), rng.choice([0, 1, 5, *rng.uniform(0, 6, 3)]))
    return Selection(kind, axes, tuple(numbers.ravel().tolist()))


def in_the_page(browser, cloud, selections):
    """Windows that the page finds, handed the same float32 numbers: bool (n, n_rows, n_cols)."""
    found = browser.execute_script(
        """
        const [cloud, selections] = arguments;
        cloud.along = cloud.along.map((values) => Float32Array.from(values));
        return selections.map((one) => [...anomalylab.pcWindows(one, cloud)].join(""));
        """,
        {
            **{"window": cloud.window, "nRows": N_ROWS, "nCols": N_COLS, "n": N_ROWS * N_COLS},
            "axes": cloud.axes,
            "along": [cloud.along(axis).ravel().astype(float).tolist() for axis in cloud.axes],
        },
        [{"kind": s.kind, "axes": s.axes, "numbers": s.numbers} for s in selections],
    )
    return np.array([list(text) for text in found]).reshape(-1, *cloud.shape) == "1"


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_finds_the_same_windows_as_python(browser, explorer_page, cloud, rng, kind):
    planes = [PLANE, ("PC3", "residual"), ("PC2", "PC2")]
    axes = {"cloud": planes, "axis": [("PC1",), ("residual",)], "image": [()]}[KINDS[kind].place]
    selections = [drawn(rng, kind, axes[n % len(axes)], cloud) for n in range(150)]
    expected = np.stack([one.windows(cloud) for one in selections])
    assert 0 < expected.mean() < 1
    found = in_the_page(fresh(browser, explorer_page), cloud, selections)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_the_page_knows_the_same_kinds_as_python(browser, explorer_page):
    script = "return Object.entries(anomalylab.PC_KINDS).map(([kind, { place }]) => [kind, place])"
    known = dict(fresh(browser, explorer_page).execute_script(script))
    assert known == {name: kind.place for name, kind in KINDS.items()}
