"""Clouds of points that lie apart are kinds; one cloud, a few odd ones and shared parts are not."""

import numpy as np
import pytest

from anomalylab.compute import clusters as module
from anomalylab.compute.clusters import clusters, partition, separation, standardised


def blob(rng, n, at=0.0, width=12):
    """A round cloud whose centre lies ``at`` on the first axis."""
    points = rng.normal(size=(n, width))
    points[:, 0] += at
    return points


def sizes(*levels, groups=None):
    return clusters(levels, groups).sizes


def test_distance_and_gap_of_four_points_by_hand():
    points = np.array([[0.0, 0], [2, 0], [10, 3], [10, -3]])
    number = np.array([0, 0, 1, 1])
    # centres (1, 0) and (10, 0); mean squares about them, of one degree of freedom, are 2 and 18
    distance, gap = separation(points, number)
    assert distance == pytest.approx(9 / np.sqrt(18))
    # along the line the first has variance 2, the second none; its 95 % quantile is 1.9
    assert gap == pytest.approx((10 - 1.9) / np.sqrt((2 + 0) / 2))


def test_the_least_of_all_pairs_counts(rng):
    near, far = blob(rng, 30, 8), blob(rng, 30, 100)
    number = np.repeat([0, 1, 2], 30)
    of_three = separation(np.concatenate([blob(rng, 30), near, far]), number)
    assert of_three[0] < 4 < separation(np.concatenate([near, far]), number[:60])[0]


@pytest.mark.parametrize("n", [20, 60, 200])
@pytest.mark.parametrize("width", [1, 3, 60])
def test_one_cloud_is_one_kind(rng, n, width):
    for _ in range(10):
        assert sizes(rng.normal(size=(n, width))) == [n]
        assert sizes(rng.uniform(size=(n, width))) == [n]
        assert sizes(rng.lognormal(size=(n, width))) == [n]


def test_points_along_a_line_are_one_kind(rng):
    line = np.linspace(0, 50, 80)[:, None] + rng.normal(size=(80, 5))
    assert sizes(line) == [80]


def test_two_clouds_far_apart_are_two_kinds(rng):
    found = clusters([np.concatenate([blob(rng, 40), blob(rng, 60, 20)])])
    assert found.sizes == [60, 40]
    assert list(found.number) == [1] * 40 + [0] * 60


def test_clouds_that_a_gap_parts_are_one_kind_where_images_differ_more_among_themselves(rng):
    points = np.concatenate([blob(rng, 50, width=200), blob(rng, 50, 8, width=200)])
    number = np.repeat([0, 1], 50)
    distance, gap = separation(points, number)
    assert gap > module.LEAST_GAP
    assert distance < module.LEAST_DISTANCE
    assert sizes(points) == [100]


@pytest.mark.parametrize("n_kinds", [3, 4, 5])
def test_as_many_kinds_are_found_as_there_are(rng, n_kinds):
    centres = 30 * np.eye(12)[:n_kinds]
    points = np.concatenate([blob(rng, 20) + centre for centre in centres])
    found = clusters([points])
    assert found.sizes == [20] * n_kinds
    assert list(found.number) == list(np.repeat(range(n_kinds), 20))


def test_a_few_odd_images_are_no_kind(rng):
    assert sizes(np.concatenate([blob(rng, 60), blob(rng, 3, 50)])) == [63]
    assert sizes(np.concatenate([blob(rng, 200), blob(rng, 19, 50)])) == [219]
    assert sizes(np.concatenate([blob(rng, 180), blob(rng, 20, 50)])) == [180, 20]


def test_too_few_images_are_one_kind(rng):
    for n in (1, 2, 7):
        assert sizes(np.concatenate([blob(rng, n), blob(rng, n, 50)])) == [2 * n]
    assert sizes(np.concatenate([blob(rng, 8), blob(rng, 8, 50)])) == [8, 8]


def test_equal_images_are_one_kind():
    assert sizes(np.ones((40, 6))) == [40]


def test_two_images_many_times_over_are_two_kinds():
    found = clusters([np.repeat(np.eye(2), 20, axis=0)])
    assert found.sizes == [20, 20]
    assert found.distance == pytest.approx(0, abs=1e-9)


def test_images_of_one_part_count_once(rng):
    photographs = np.concatenate([blob(rng, 40), 0.1 * blob(rng, 40) + 20])
    each_its_own = np.arange(80)
    assert sizes(photographs, groups=each_its_own) == [40, 40]
    assert sizes(photographs, groups=np.append(np.arange(40), np.full(40, 99))) == [80]


def test_kinds_do_not_depend_on_the_order_of_images(rng, monkeypatch):
    monkeypatch.setattr(module, "_MOST_POINTS", 40)
    points = np.concatenate([blob(rng, 70), blob(rng, 50, 12), blob(rng, 30, -12)])
    order = rng.permutation(150)
    found, again = clusters([points]), clusters([points[order]])
    assert found.sizes == [70, 50, 30]
    assert (found.number[order] == again.number).all()
    assert again.distance == pytest.approx(found.distance[order])


def test_levels_count_alike_whatever_their_unit(rng):
    told, noise = np.concatenate([blob(rng, 40), blob(rng, 40, 40)]), rng.normal(size=(80, 4))
    assert (
        clusters([told, 0.001 * noise]).sizes == clusters([0.001 * told, noise]).sizes == [40] * 2
    )
    both = standardised([told, 1000 * noise])
    assert [(part**2).sum(1).mean() for part in np.split(both, [12], axis=1)] == pytest.approx(
        [1, 1]
    )


def test_partitions_are_as_good_as_those_of_scikit_learn(rng):
    from sklearn.cluster import KMeans

    points = np.concatenate([blob(rng, n, at) for n, at in ((60, 0), (25, 4), (40, 8), (30, 13))])
    for n_clusters in (2, 3, 4):
        reference = KMeans(n_clusters, n_init=20, random_state=0).fit(points)
        number = partition(points, n_clusters)
        within = sum(
            ((points[number == i] - points[number == i].mean(0)) ** 2).sum()
            for i in range(n_clusters)
        )
        assert within == pytest.approx(reference.inertia_, rel=0.01)
