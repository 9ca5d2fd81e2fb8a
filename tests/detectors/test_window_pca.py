"""Window PCA as a detector: what it measures, where, and what it refuses."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA

from anomalylab import detectors
from anomalylab.compute import threads
from anomalylab.compute.window_moments import window_matrix
from anomalylab.detectors import RefitPool, pool_of
from anomalylab.detectors.window_pool import MomentStore, moments
from anomalylab.errors import ParameterError, StorageError, UnknownNameError
from anomalylab.features import Features, ImageLevel
from anomalylab.storage.spill import Spill

SIZES = ((30, 36), (27, 40), (33, 29))


def draw(n_images, seed=0):
    """Smooth images of three sizes; features with their level band."""
    rng = np.random.default_rng(seed)
    noise = [rng.normal(size=SIZES[i % 3]) for i in range(n_images)]
    smooth = [one.cumsum(axis=0).cumsum(axis=1) for one in noise]
    return level([(one - one.mean()) / one.std() for one in smooth])


def level(images):
    bands = [image[..., None].astype(np.float32) for image in images]
    return Features({"band": ImageLevel(lambda row: bands[row], np.arange(len(bands)))})


def bands_of(features):
    images = features.images("band")
    return [images[i][..., 0].astype(float) for i in range(len(images))]


def make(**parameters):
    return detectors.create("window_pca", **{"window": 5, "grid": (4, 6), **parameters})


@pytest.fixture
def normal():
    return draw(9)


@pytest.fixture
def query():
    return draw(5, seed=1)


@pytest.fixture
def pca(normal):
    windows = np.concatenate([window_matrix(band, 5) for band in bands_of(normal)])
    return PCA(2).fit(windows), windows


def by_hand(pca, band):
    """Return residuals and squared Mahalanobis distances, as images of windows."""
    windows = window_matrix(band, 5)
    coordinates = pca.transform(windows)
    left = ((windows - pca.inverse_transform(coordinates)) ** 2).sum(axis=1)
    distances = (coordinates**2 / pca.explained_variance_).sum(axis=1)
    shape = band.shape[0] - 4, band.shape[1] - 4
    return left.reshape(shape), distances.reshape(shape)


@pytest.mark.parametrize("statistic", ["residual", "mahalanobis", "outside"])
def test_each_cell_of_one_pixel_is_the_window_around_it(normal, query, pca, statistic):
    fitted, windows = pca
    detector = make(statistic=statistic, grid=SIZES[0]).fit(normal)
    residual, distances = by_hand(fitted, bands_of(query)[0])
    mean_left = windows.var(axis=0, ddof=1).sum() - fitted.explained_variance_.sum()
    expected = {
        "residual": residual / mean_left,
        "mahalanobis": distances / 2,
        "outside": distances > stats.chi2.ppf(0.99, 2),
    }[statistic]
    score_map = detector.score_map(query.subset([0]))[0]
    np.testing.assert_allclose(score_map[2:-2, 2:-2], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(score_map[0], score_map[2])
    np.testing.assert_array_equal(score_map[:, -1], score_map[:, -3])


def test_the_average_training_window_has_residual_one(normal):
    detector = make(grid=(1, 1)).fit(normal)
    space = detector.spaces[5]
    residuals = [space.project(band)[1] for band in bands_of(normal)]
    mean = np.concatenate([residual.ravel() for residual in residuals]).mean()
    n_windows = sum(residual.size for residual in residuals)
    expected = (space.total_variance - space.variances.sum()) * (n_windows - 1) / n_windows
    np.testing.assert_allclose(mean, expected, rtol=1e-8)


def test_an_image_scores_as_its_highest_cell(normal, query):
    scores, maps = make().fit(normal).score(query)
    np.testing.assert_allclose(scores, maps.max(axis=(1, 2)))


def test_outside_an_image_scores_the_share_of_its_windows(normal, query, pca):
    scores = make(statistic="outside", coverage=0.9).fit(normal).image_scores(query)
    limit = stats.chi2.ppf(0.9, 2)
    expected = [(by_hand(pca[0], band)[1] > limit).mean() for band in bands_of(query)]
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_several_windows_are_averaged(normal, query):
    both = make(window=(3, 5)).fit(normal).score_map(query)
    each = [make(window=window).fit(normal).score_map(query) for window in (3, 5)]
    np.testing.assert_allclose(both, np.mean(each, axis=0), rtol=1e-5)


def test_a_blot_is_found_where_it_is_whatever_the_size_of_the_image(normal):
    images = bands_of(draw(6, seed=2))
    images[4][18:23, 30:35] += np.random.default_rng(0).normal(size=(5, 5)) * 4
    detector = make(grid=(9, 10)).fit(normal)
    scores, maps = detector.score(level(images))
    row, col = np.unravel_index(maps[4].argmax(), maps[4].shape)
    assert scores.argmax() == 4
    assert abs((row + 0.5) / 9 - 20.5 / 27) < 0.2
    assert abs((col + 0.5) / 10 - 32.5 / 40) < 0.2


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"statistic": "mahalanobis"},
        {"statistic": "outside"},
        {"window": (3, 7)},
        {"n_components": 9},
    ],
)
def test_left_out_scores_are_those_of_refits(normal, parameters):
    detector = make(**parameters).fit(normal)
    for one, other in zip(
        detector.training_scores(), detector.scores_by_refits(np.arange(9), 9), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("n_train", [2, 3, 7, 9])
@pytest.mark.parametrize("leave_out", ["none", "group"])
@pytest.mark.parametrize("window", [5, (3, 7)])
def test_a_pool_answers_as_a_refit_whether_few_or_many_are_removed(
    normal, n_train, leave_out, window
):
    detector = make(window=window)
    train = np.random.default_rng(n_train).permutation(9)[:n_train]
    found = pool_of(detector, normal).score(train, np.arange(9), leave_out=leave_out)
    expected = RefitPool(detector, normal).score(train, np.arange(9), leave_out=leave_out)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_pool_decodes_each_image_once(normal):
    read = []
    inner = normal.images("band")
    spied = ImageLevel(lambda row: read.append(row) or inner[row], np.arange(9))
    pool = pool_of(make(window=(3, 5)), Features({"band": spied}))
    pool.score(np.arange(4), np.arange(9), leave_out="group")
    assert sorted(read) == list(range(9))


def test_far_from_zero_single_precision_is_still_enough():
    store = MomentStore(3, 4)
    images = [band + 500 for band in bands_of(draw(4))]
    for row, image in enumerate(images):
        store.write(row, moments(image, 3))
    expected = sum((moments(image, 3) for image in images[2:]), moments(images[0], 3))
    for one in (store.of(np.array([3, 0, 2])), store.total - store.of(np.array([1]))):
        mean = one.total / one.count
        covariance = one.products / one.count - np.outer(mean, mean)
        wanted = expected.products / expected.count - np.outer(mean, mean)
        np.testing.assert_allclose(covariance, wanted, rtol=1e-4)


def test_what_a_pool_put_on_disk_goes_with_it(normal, tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "new"))
    pool = pool_of(make(), normal)
    files = [pool._bands._file, pool._stores[5]._spill._file]
    del pool
    gc.collect()
    assert all(file.closed for file in files)
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]


def test_sums_that_do_not_fit_on_the_disk_are_refused():
    with pytest.raises(StorageError, match="ANOMALYLAB_CACHE"):
        Spill(2**60)


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="file"):
        Spill()


def test_moments_of_few_images_are_held_at_a_time(rng):
    def peak(n_images):
        bands = level(rng.normal(size=(n_images, 20, 22)))
        tracemalloc.start()
        make(window=15).fit(bands)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few = 4 * threads.n_threads()
    assert peak(5 * few) < 2 * peak(few)


def test_constant_images_score_zero_and_a_blot_does_not():
    detector = make(window=(3, 5)).fit(level([np.zeros((20, 30))] * 4))
    blot = np.zeros((20, 30))
    blot[8:12, 8:12] = 1
    scores = detector.image_scores(level([np.zeros((25, 25)), blot]))
    assert scores[0] == 0
    assert scores[1] > 0
    assert not detector.training_scores()[0].any()


def test_with_all_components_nothing_is_left(normal, query):
    assert make(window=3, n_components=9).fit(normal).image_scores(query).max() < 1e-6


def test_an_image_smaller_than_a_window_is_refused(normal):
    with pytest.raises(ParameterError, match="27 x 40 pixels is smaller than the window of 29"):
        make(window=(5, 29)).fit(normal)
    with pytest.raises(ParameterError, match="4 x 30 pixels is smaller"):
        make().fit(normal).score(level([np.zeros((4, 30))]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 4}, "odd"),
        ({"window": 0}, "odd"),
        ({"window": (5, 6)}, "odd"),
        ({"window": ()}, "one or several"),
        ({"window": (5, 5)}, "different"),
        ({"n_components": 1}, "2 to 25"),
        ({"n_components": 10, "window": (3, 5)}, "2 to 9"),
        ({"grid": (4, 0)}, "grid"),
        ({"grid": 64}, "grid"),
        ({"coverage": 1.0}, "coverage"),
        ({"levels": ("band", "pixels")}, "one level"),
        ({"levels": "all"}, "several values"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_before_any_work(parameters, message):
    with pytest.raises(ParameterError, match=message):
        make(**parameters)


def test_an_unknown_statistic_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="residual"):
        make(statistic="residuals")


def test_several_windows_survive_saving(normal, query, tmp_path):
    detector = make(window=(3, 5), statistic="mahalanobis").fit(normal)
    detector.save(tmp_path)
    again = detectors.load(tmp_path)
    assert again.windows == (3, 5)
    np.testing.assert_array_equal(again.score_map(query), detector.score_map(query))


def test_threads_change_nothing(normal, query, monkeypatch):
    import torch

    detector = make(window=(3, 5))
    before = torch.get_num_threads()
    scores = {}
    for n_threads in (1, 3):
        torch.set_num_threads(n_threads)
        scores[n_threads] = replace(detector).fit(normal).score(query)[0]
    torch.set_num_threads(before)
    np.testing.assert_allclose(scores[1], scores[3], rtol=1e-10)
