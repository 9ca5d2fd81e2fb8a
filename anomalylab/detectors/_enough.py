"""How many training images a detector takes, asked before anything is fitted."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from anomalylab.detectors._refits import dealt
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.number_words import plural

MAX_REFITS = 64
"""Groups up to which images are left out one group at a time where each takes a refit."""

Shapes = Mapping[str, tuple[int, ...]]


class TakesImages:
    """Refuses training images that are too few, also once some are left out to be scored.

    Subclasses say ``least_images``, or write ``refuse_too_few`` where it depends on more.
    """

    name: ClassVar[str]
    """Set by :func:`register`."""

    least_images: ClassVar[int] = 1
    """Training images that a fit takes at least."""

    has_closed_form: ClassVar[bool] = False
    """Whether a group of images is left out without a refit."""

    n_folds: ClassVar[int] = 10
    """Parts that groups are dealt into for ``leave_out="folds"``."""

    def refuse_too_few(self, n_images: int, shapes: Shapes) -> None:
        """Refuse fewer training images than one fit takes.

        Parameters
        ----------
        n_images : int
        shapes : mapping
            Level name -> ``(n_rows, n_cols, n_channels)``, as far as known.
        """
        if n_images < self.least_images:
            raise ParameterError(
                f"{self.name} needs at least {plural(self.least_images, 'training image')}, not "
                f"{n_images}"
            )

    def refuse_too_few_left(self, n_left: int, n_images: int, shapes: Shapes) -> None:
        """Refuse where too few training images are left while others are left out.

        Parameters
        ----------
        n_left, n_images : int
        shapes : mapping
            As of :meth:`refuse_too_few`.
        """
        if not self.has_closed_form:
            self._refuse_refit(n_left, n_images, shapes)

    def check_folds(self, groups: np.ndarray, shapes: Shapes, n_folds: int) -> None:
        """Refuse groups of training images of which a fold leaves too few for a refit.

        Parameters
        ----------
        groups : int ndarray of shape (n_images,)
        shapes : mapping
            As of :meth:`refuse_too_few`.
        n_folds : int
            Parts that groups are dealt into.
        """
        if len(np.unique(groups)) < 2:
            raise ParameterError(
                "to score images by a fit that has not seen them takes at least 2 training images "
                f"or groups, not {len(np.unique(groups))}"
            )
        self._refuse_refit(_n_left_of(groups, n_folds), len(groups), shapes)

    def _refuse_refit(self, n_left: int, n_images: int, shapes: Shapes) -> None:
        try:
            self.refuse_too_few(n_left, shapes)
        except ParameterError as error:
            left = "1 is" if n_left == 1 else f"{n_left} are"
            raise ParameterError(
                f"while some of the {n_images} training images are left out to be scored, {left} "
                f"left, and {error}"
            ) from error

    def check_groups(self, groups: np.ndarray, shapes: Shapes) -> None:
        """Refuse groups of training images that cannot be fitted, or be left out as usual.

        Parameters
        ----------
        groups : int ndarray of shape (n_images,)
        shapes : mapping
            As of :meth:`refuse_too_few`.

        Raises
        ------
        ParameterError
            Before any work.
        """
        n_images, n_left = len(groups), self._n_left(np.asarray(groups))
        if n_left:
            self.refuse_too_few_left(n_left, n_images, shapes)
        self.refuse_too_few(n_images, shapes)
        if not n_left:
            raise ParameterError(
                f"{self.name} scores training images by those of other groups, and "
                f"{plural(n_images, 'training image')} make a single one; give images of others"
            )

    def check_training(self, features: Features) -> None:
        """Refuse training images that cannot be fitted, or be left out as usual.

        Parameters
        ----------
        features : Features
            As they will be fitted.

        Raises
        ------
        ParameterError
            Before any fit.
        """
        self.check_groups(features.group_numbers, features.shapes)

    def leaves_out(self, n_groups: int) -> str:
        """Return how so many groups of training images are left out unless it is said otherwise.

        Group by group in closed form or where refits are few; else in folds.
        """
        return "group" if self.has_closed_form or n_groups <= MAX_REFITS else "folds"

    def _n_left(self, groups: np.ndarray) -> int:
        """Return how many images are left, at least, where groups are left out as usual."""
        sizes = np.unique(groups, return_counts=True)[1]
        if self.leaves_out(len(sizes)) == "group":
            return len(groups) - int(sizes.max(initial=0))
        return _n_left_of(groups, self.n_folds)


def _n_left_of(groups: np.ndarray, n_folds: int) -> int:
    return min(int((~inside).sum()) for inside in dealt(groups, n_folds))
