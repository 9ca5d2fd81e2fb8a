import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cell_gaussians import FactorGaussians
from anomalylab.compute.cells import Cells
from anomalylab.compute.shrinkage import Estimator


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_linear_algebra_has_one_thread_inside_and_as_many_as_before_outside():
    with threadpool_limits(limits=2, user_api="blas"):
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_gaussians_of_cells_are_estimated_in_one_thread(rng):
    seen = []

    class Watching(Estimator):
        def __call__(self, *args):
            seen.append(blas_threads())
            return super().__call__(*args)

    level = rng.normal(size=(20, 6, 4)).astype(np.float32)
    cells = Cells((level,), (np.arange(6),))
    with threadpool_limits(limits=2, user_api="blas"):
        FactorGaussians.fit(cells, cells.moments()[0], Watching("ridge", np.zeros(6, bool), 1.0))
    assert seen == [{1}]
