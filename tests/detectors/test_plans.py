"""What detectors say beforehand that they will take, counted by hand."""

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

from anomalylab.compute.cost import COMPARISONS, QUERY, seconds_of, seconds_of_search
from anomalylab.detectors import Detector, create
from anomalylab.features import Features

SHAPES = {"fine": (4, 6, 5), "coarse": (2, 3, 8)}
"""120 and 48 values an image."""


@dataclass(kw_only=True)
class Plain(Detector):
    """A detector that plans as the base class does."""

    name = "plain"
    levels: tuple[str, ...] | str | None = None

    def _fit(self, features):
        raise NotImplementedError

    def _score(self, features):
        raise NotImplementedError


def seconds(detector, n_images, shapes=SHAPES):
    return detector.plan(n_images, shapes).seconds


def test_bytes_are_those_of_levels_cells_galleries_and_searches():
    assert Plain().plan(10, SHAPES).bytes == 2 * 10 * 168 * 4
    assert create("mahalanobis").plan(10, SHAPES).bytes == 2 * 10 * 168 * 4
    assert create("knn", k=5).plan(10, SHAPES).bytes == 4 * 168 * (10 + 15)
    assert create("patchcore").plan(10, SHAPES).bytes == 4 * 10 * (120 + 2 * 24 * 5) + 2**29


def test_images_that_are_read_when_needed_take_time_and_no_memory():
    shapes = {"pixels": (100, 50, 3)}
    cost = Plain(levels=("pixels",)).plan(2, shapes)
    assert cost.bytes == 0
    assert cost.seconds == pytest.approx(seconds_of(values=3 * 2 * 15_000))


def test_refits_are_counted_image_by_image_and_from_65_images_on_in_ten_parts():
    assert seconds(Plain(), 65) / seconds(Plain(), 64) == pytest.approx(65 * 11 / (64 * 65))


def test_mahalanobis_counts_values_and_products_of_its_smaller_side():
    # 3 images: 3 x 3 x 5 and 3 x 3 x 8; 6 images: 6 x 5 x 5 and 6 x 6 x 8, six times each.
    few, more = seconds(create("mahalanobis"), 3), seconds(create("mahalanobis"), 6)
    assert few == pytest.approx(seconds_of(values=3 * 168, products=6 * (45 + 72)))
    assert more == pytest.approx(seconds_of(values=6 * 168, products=6 * (150 + 288)))


def test_knn_searches_the_cells_of_k_images_for_each_image():
    # 24 cells among 48 of 5 channels, 6 among 12 of 8; 168 values of each of 2 images are read.
    search = seconds_of_search(24, 48, 5) + seconds_of_search(6, 12, 8)
    expected = 10 * (search + seconds_of(values=2 * 168))
    assert seconds(create("knn", k=2), 10) == pytest.approx(expected)


def test_knn_at_the_same_place_reads_k_images_for_each_image():
    knn = create("knn", gallery="same_location", k=2)
    assert seconds(knn, 10) == pytest.approx(10 * seconds_of(values=2 * 168))


def test_padim_counts_gram_matrices_while_images_are_fewer_than_channels():
    # 24 cells of 5 channels: 16 x 120 + 2 x 24 x 64 products of 4 images.
    few = seconds(create("padim"), 4)
    assert few == pytest.approx(seconds_of(values=4 * 120, products=1920 + 3072))
    # and 24 (3 x 10 x 25 + 4/3 x 125) of 10 images.
    many = seconds(create("padim"), 10)
    assert many == pytest.approx(seconds_of(values=1200, products=24 * (750 + 500 / 3)))


def test_the_search_of_patchcore_grows_with_the_square_of_the_images():
    def beyond_linear(n_images):
        patchcore = create("patchcore")
        return seconds(patchcore, 2 * n_images) - 2 * seconds(patchcore, n_images)

    assert beyond_linear(2000) / beyond_linear(1000) == pytest.approx(4)


@pytest.mark.parametrize(("n_channels", "n_columns"), [(80, 80), (100, 48), (592, 96)])
def test_a_search_of_many_rows_compares_the_columns_of_a_bound(n_channels, n_columns):
    many, few = 100_000, 100
    expected = many * (QUERY + many * n_columns / COMPARISONS)
    assert seconds_of_search(many, many, n_channels) == pytest.approx(expected)
    all_of_few = many * (QUERY + few * n_channels / COMPARISONS)
    assert seconds_of_search(many, few, n_channels) == pytest.approx(all_of_few)


def test_a_coreset_of_patchcore_is_chosen_and_makes_the_search_shorter():
    # 240 cells, 24 of them kept.
    expected = seconds_of(values=6 * 240 * 5 + 5 * 240 * 24) + seconds_of_search(240, 24, 5)
    assert seconds(create("patchcore", coreset=0.1), 10) == pytest.approx(expected)


def test_inverted_lists_of_patchcore_are_made_in_ten_rounds_and_leave_few_to_compare():
    # 240 cells in 8 lists, of which 2 are looked into: 8 centres and 60 cells.
    expected = seconds_of(values=6 * 240 * 5) + 10 * 240 * 8 * 5 / COMPARISONS
    expected += 240 * (QUERY + (8 + 60) * 5 / COMPARISONS)
    ivf = create("patchcore", index="ivf", nlist=8, nprobe=2)
    assert seconds(ivf, 10) == pytest.approx(expected)


def test_window_pca_counts_pixels_moments_and_axes_of_each_window():
    # 5000 pixels and 2 components; windows of 25 pixels.
    shapes = {"band": (100, 50, 1)}
    values, products = 7 * 5000 * 6 + 10 * 5**4, 10 * 5**5 + 2 / 3 * 5**6
    one = seconds_of(values=values, products=products)
    assert seconds(create("window_pca", window=5), 3, shapes) == pytest.approx(3 * one)
    both = seconds(create("window_pca", window=(5, 7)), 3, shapes)
    assert both - 3 * one == pytest.approx(seconds(create("window_pca", window=7), 3, shapes))


@pytest.mark.parametrize("name", ["knn", "mahalanobis", "padim", "patchcore"])
def test_scoring_holds_no_more_of_new_images_than_is_said(name):
    shapes, rng = {"fine": (14, 14, 40), "coarse": (7, 7, 80)}, np.random.default_rng(0)

    def drawn(n_images):
        levels = {level: (n_images, *shape) for level, shape in shapes.items()}
        return Features({k: rng.normal(size=v).astype(np.float32) for k, v in levels.items()})

    detector = create(name).fit(drawn(12))
    n_values = sum(np.prod(shapes[level]) for level in detector.chosen_levels(shapes))
    peaks = []
    for n_images in (128, 256):  # whole blocks
        new = drawn(n_images)
        tracemalloc.start()
        detector.score(new)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    said = 4 * detector.held_share * 128 * n_values
    assert peaks[1] - peaks[0] < said
