"""Detectors that compare with training images, and can hide some of these from a query."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from anomalylab.detectors._base import Detector
from anomalylab.features import Features


class Masked(Detector):
    """Hides a group of training images from each query, so that one fit leaves any of them out.

    Subclasses write ``_judge`` in place of ``_score``.
    """

    has_closed_form: ClassVar[bool] = True

    @abstractmethod
    def _judge(
        self, features: Features, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps.

        ``hidden`` is the group of training images that each image must not see, None for none.
        """

    def score_copies(
        self, copies: Features, originals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score changed copies of training images, as if these and their groups were not there.

        Parameters
        ----------
        copies : Features
        originals : int ndarray of shape (n_copies,)
            The training image that each was made of.

        Returns
        -------
        image_scores, score_map
            As :meth:`score` returns them.
        before : ndarray of shape (n_copies,)
            Image scores of the originals, likewise left out.

        Raises
        ------
        ParameterError
            After ``load``, because training features are not saved.
        """
        hidden = self._own_training().group_numbers[originals]
        scored = self._judge(self._checked(copies), hidden)
        return *scored, self._before(originals)

    def image_scores_of_copies(
        self, copies: Features, originals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and those of the originals, as :meth:`score_copies` does."""
        image_scores, _, before = self.score_copies(copies, originals)
        return image_scores, before

    def _before(self, originals: np.ndarray) -> np.ndarray:
        training = self._own_training()
        unique, place = np.unique(originals, return_inverse=True)
        groups = training.group_numbers[unique]
        return np.asarray(self._judge(training.subset(unique), groups)[0][place])

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        return self._judge(features, None)

    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compare each image with those of all other groups.

        Where all training cells are kept this is what a fit on the others gives; a coreset and
        inverted lists are not chosen again.
        """
        return self._judge(self._own_training(), groups)
