"""Distances from Gram matrices of subsets against inverses of covariances written out."""

import numpy as np
import pytest

from anomalylab.compute import gaussian
from anomalylab.compute.shrinkage import Covariance
from anomalylab.compute.subset_gaussians import Subset, left_out_distances

N_CELLS, N_TRAIN, N_OTHERS, N_CHANNELS = 3, 7, 4, 5


@pytest.fixture(params=[1.0, 1e-3, 1e-6, 0.0], ids="share {}".format)
def case(request, rng):
    """Centred vectors of cells, and covariances that keep less and less of the sample's."""
    vectors = rng.normal(size=(N_CELLS, N_TRAIN + N_OTHERS, N_CHANNELS))
    vectors -= vectors[:, :N_TRAIN].mean(axis=1, keepdims=True)
    identity = rng.uniform(0.1, 3, N_CELLS)
    return vectors, Covariance(identity, np.full(N_CELLS, request.param), ddof=0)


def plain(vectors, training, covariance, n_left):
    """Squared distances by the covariance of ``training``, which is centred."""
    squared = np.empty(vectors.shape[:2])
    for cell, train in enumerate(training):
        scatter = covariance.weight(n_left)[cell] * train.T @ train
        inverse = np.linalg.inv(covariance.identity[cell] * np.eye(N_CHANNELS) + scatter)
        squared[cell] = np.einsum("nd,de,ne->n", vectors[cell], inverse, vectors[cell])
    return squared


def test_distances_are_those_by_the_inverse_covariance(case):
    vectors, covariance = case
    training, others = vectors[:, :N_TRAIN], vectors[:, N_TRAIN:]
    subset = Subset(training @ training.transpose(0, 2, 1), covariance)
    expected = plain(vectors, training, covariance, N_TRAIN)
    np.testing.assert_allclose(subset.own(), expected[:, :N_TRAIN], rtol=1e-7)
    cross, norms = others @ training.transpose(0, 2, 1), np.square(others).sum(axis=2)
    np.testing.assert_allclose(subset.others(cross, norms), expected[:, N_TRAIN:], rtol=1e-9)


def test_groups_are_left_out_of_mean_and_covariance(case):
    vectors, covariance = case
    training, groups = vectors[:, :N_TRAIN], np.array([0, 1, 1, 2, 3, 4, 3])
    by_size = gaussian.groups_by_size(groups)
    found = left_out_distances(training @ training.transpose(0, 2, 1), covariance, by_size)
    for group in range(5):
        left = training[:, groups != group]
        mean = left.mean(axis=1, keepdims=True)
        expected = plain(
            training[:, groups == group] - mean, left - mean, covariance, left.shape[1]
        )
        np.testing.assert_allclose(found[:, groups == group], expected, rtol=1e-7)
