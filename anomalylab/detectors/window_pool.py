"""The pool of window PCA: the moments of every image, kept on disk and added or subtracted."""

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.threads import in_pieces
from anomalylab.compute.window_moments import Moments, moments
from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors._window_maps import read_band
from anomalylab.detectors.window_pca import WindowPCA
from anomalylab.features import Features
from anomalylab.storage.spill import Spill


class MomentStore:
    """Moments of images for one window, to be summed over any of them.

    Of the symmetric products about the mean of each image only one half is kept, as float32 in a
    temporary file: 0.8 MB an image for a window of 25.

    Parameters
    ----------
    window : int
    n_images : int
    """

    def __init__(self, window: int, n_images: int):
        n_pixels = window**2
        self._half = np.triu(np.ones((n_pixels, n_pixels), bool))
        self._counts = np.zeros(n_images, np.int64)
        self._means = np.zeros((n_images, n_pixels))
        self._spill = Spill(4 * n_images * int(self._half.sum()))
        self._total: Moments | None = None

    def write(self, row: int, own: Moments) -> None:
        """Keep the moments of image ``row``."""
        mean = own.total / own.count
        self._counts[row], self._means[row] = own.count, mean
        self._spill.write(row, (own.products - np.outer(own.total, mean))[self._half])

    def of(self, rows: np.ndarray) -> Moments:
        """Return the moments of the images of ``rows``, by whichever way reads fewer images."""
        others = np.setdiff1d(np.arange(len(self._counts)), rows)
        if len(others) < len(rows):
            return self.total - self._sum(others)
        return self._sum(np.sort(rows))

    @property
    def total(self) -> Moments:
        """Moments of all images."""
        if self._total is None:
            self._total = self._sum(np.arange(len(self._counts)))
        return self._total

    def _sum(self, rows: np.ndarray) -> Moments:
        within = np.zeros(int(self._half.sum()))
        for row in rows:
            within += self._spill.read(row)
        counts, means = self._counts[rows], self._means[rows]
        weighted = means * counts[:, None]
        products = weighted.T @ means
        half = np.zeros_like(products)
        half[self._half] = within
        products += half + np.triu(half, 1).T
        return Moments(int(counts.sum()), weighted.sum(axis=0), products)


@fast_pool("window_pca")
class WindowPool(ClosedFormPool):
    """Moments of all images; bands too, so that no image is decoded twice.

    Parameters
    ----------
    detector : WindowPCA
    features : Features
        The level of the detector.
    """

    detector: WindowPCA

    @one_blas_thread()
    def __init__(self, detector: WindowPCA, features: Features):
        super().__init__(detector, features)
        self._bands = Spill()
        self._stores = {window: MomentStore(window, len(features)) for window in detector.windows}
        name = detector.levels[0]
        images = features.images(name)

        def work(row: int) -> None:
            band = read_band(name, images, row)
            self._bands.write(row, band)
            for window, store in self._stores.items():
                store.write(row, moments(band, window))

        in_pieces(work, range(len(features)))

    @one_blas_thread()
    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        totals = {window: store.of(train) for window, store in self._stores.items()}
        spaces, groups = self.detector.fit_spaces(totals), self.features.group_numbers

        def work(place: int) -> tuple[float, np.ndarray]:
            row = int(query[place])
            band = self._bands.read(row)
            if position[place] < 0:
                return self.detector.judge(band, spaces)
            hidden = train[groups[train] == groups[row]]
            own = {window: store.of(hidden) for window, store in self._stores.items()}
            others = {window: total - own[window] for window, total in totals.items()}
            return self.detector.judge(band, self.detector.fit_spaces(others, near=spaces))

        scores, maps = zip(*in_pieces(work, range(len(query))), strict=True)
        return np.array(scores), np.stack(maps)
