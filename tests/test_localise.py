import numpy as np
import pytest
import torch
from scipy import ndimage

from anomalylab.errors import ParameterError
from anomalylab.localise import AnomalyMaps, anomaly_map, anomaly_maps, map_max, regions
from anomalylab.metrics import localisation


@pytest.fixture
def score_maps():
    return np.random.default_rng(0).gamma(2, size=(3, 7, 9)).astype(np.float32)


def resized(image, size):
    image = torch.from_numpy(np.ascontiguousarray(image))[None, None]
    return torch.nn.functional.interpolate(image, size, mode="bilinear", align_corners=False)[
        0, 0
    ].numpy()


@pytest.mark.parametrize("smoothing", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("size", [(50, 64), (90, 131), (31, 20), (1, 7)])
def test_an_anomaly_map_equals_enlarging_smoothing_and_resizing_in_turn(
    score_maps, size, smoothing
):
    network_size = (48, 64)
    expected = resized(score_maps[0], network_size)
    expected = ndimage.gaussian_filter(expected, smoothing) if smoothing else expected
    expected = resized(expected, size)
    made = anomaly_map(score_maps[0], size, smoothing=smoothing, network_size=network_size)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, expected, rtol=2e-5)


def test_smoothing_wider_than_the_network_input_still_equals_scipy(score_maps):
    expected = ndimage.gaussian_filter(resized(score_maps[0], (12, 12)), 5.0)
    made = anomaly_map(score_maps[0], (12, 12), smoothing=5.0, network_size=(12, 12))
    np.testing.assert_allclose(made, expected, rtol=2e-5)


def test_two_cells_by_hand():
    # Centres lie at 1 and 3 of 4 pixels: pixel centres 0.5, 1.5, 2.5, 3.5 read 0, 1/4, 3/4, 1.
    made = anomaly_map(np.array([[0.0, 1.0]]), (1, 4), smoothing=0, network_size=(1, 4))
    np.testing.assert_allclose(made, [[0, 0.25, 0.75, 1]])


def test_one_cell_makes_a_constant_map():
    np.testing.assert_allclose(anomaly_map(np.full((1, 1), 3.0), (20, 30)), 3, rtol=1e-6)


def test_maps_of_one_size_are_the_maps_of_each_image(score_maps):
    together = anomaly_maps(score_maps, (40, 30), network_size=(28, 36))
    assert together.shape == (3, 40, 30)
    for made, score_map in zip(together, score_maps, strict=True):
        np.testing.assert_array_equal(made, anomaly_map(score_map, (40, 30), network_size=(28, 36)))


def test_maps_on_demand_have_the_size_of_each_image(score_maps):
    sizes = [(40, 30), (25, 60), (10, 10)]
    maps = AnomalyMaps(score_maps, sizes, network_size=(28, 36))
    assert [made.shape for made in maps] == sizes
    assert [made.shape for made in maps[1:]] == sizes[1:]
    np.testing.assert_array_equal(maps[-1], list(maps)[2])


def test_maps_on_demand_can_be_measured(score_maps):
    sizes = [(40, 30), (25, 60), (10, 10)]
    maps = AnomalyMaps(score_maps, sizes, network_size=(28, 36))
    masks = [made > np.quantile(made, 0.9) for made in maps]
    assert localisation(masks, maps)[0] == localisation(masks, list(maps))[0]


def test_the_maximum_at_the_network_input_bounds_every_displayed_map(score_maps):
    network_size = (28, 36)
    highest = map_max(score_maps, network_size)
    np.testing.assert_allclose(
        highest, anomaly_maps(score_maps, network_size, network_size=network_size).max((1, 2))
    )
    for size in [(28, 36), (100, 90), (13, 17)]:
        displayed = anomaly_maps(score_maps, size, network_size=network_size).max((1, 2))
        assert (displayed <= highest * (1 + 1e-5)).all()


def test_regions_by_hand():
    scores = np.zeros((6, 8), np.float32)
    scores[0, 0], scores[1, 1] = 2, 3  # touch at a corner: one region
    scores[3:5, 4:7] = 5
    scores[4, 6] = 9
    found = regions(scores, 2)
    assert found.to_dict("records") == [
        {
            **{"top": 3, "left": 4, "bottom": 5, "right": 7, "area": 6},
            **{"peak_score": 9, "peak_row": 4, "peak_col": 6},
            **{"centroid_row": 3.5, "centroid_col": 5},
        },
        {
            **{"top": 0, "left": 0, "bottom": 2, "right": 2, "area": 2},
            **{"peak_score": 3, "peak_row": 1, "peak_col": 1},
            **{"centroid_row": 0.5, "centroid_col": 0.5},
        },
    ]


def test_a_region_inside_the_box_of_another_is_kept_apart():
    ring = np.ones((7, 7), np.float32)
    ring[1:-1, 1:-1] = 0
    ring[3, 3] = 8
    assert regions(ring, 1)["area"].tolist() == [1, 24]
    assert regions(ring, 1)["peak_score"].tolist() == [8, 1]


def test_small_regions_are_left_out():
    scores = np.zeros((5, 5), np.float32)
    scores[0, 0] = scores[3, 2:5] = 1
    assert regions(scores, 1, min_area=2)["area"].tolist() == [3]


def test_a_map_below_the_threshold_has_no_region():
    found = regions(np.zeros((5, 5), np.float32), 1)
    assert len(found) == 0
    assert found["area"].dtype == np.int64


@pytest.mark.parametrize(
    ("score_map", "options", "message"),
    [
        (np.zeros((1, 2, 2)), {}, "shape"),
        (np.array([[np.nan, 1.0]]), {}, "1 values are NaN"),
        (np.array([[np.inf, 1.0]]), {}, "finite"),
        (np.zeros((2, 2)), {"smoothing": -1.0}, "smoothing"),
        (np.zeros((2, 2)), {"smoothing": np.nan}, "smoothing"),
        (np.zeros((2, 2)), {"network_size": (0, 5)}, r"\(0, 5\)"),
        (np.zeros((2, 2)), {"size": (5,)}, r"\(5,\)"),
    ],
)
def test_unusable_score_maps_or_options_are_refused(score_map, options, message):
    with pytest.raises(ParameterError, match=message):
        anomaly_map(score_map, **{"size": (5, 5), **options})


def test_a_size_too_few_is_refused(score_maps):
    with pytest.raises(ParameterError, match="2 for 3"):
        AnomalyMaps(score_maps, [(4, 4)] * 2)


@pytest.mark.parametrize(
    ("scores", "threshold"),
    [(np.zeros(3), 1), (np.full((2, 2), np.nan), 1), (np.zeros((2, 2)), np.nan)],
)
def test_regions_of_unusable_maps_are_refused(scores, threshold):
    with pytest.raises(ParameterError, match="regions need"):
        regions(scores, threshold)
