"""Training by the detector of metric learning, with twins as they are asked for."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalylab import detectors, extractors
from anomalylab.pictures.heat import heat_scale
from anomalylab.recipes.tuned_twins.material import Material
from anomalylab.recipes.tuned_twins.trial import Course, Judge
from anomalylab.synthesise.twin import TwinOptions, twin

if TYPE_CHECKING:
    from anomalylab.training.embedding_net import EmbeddingNet

SUBJECTS = ("distance", "logit")
"""What heat may explain: the distance to the nearest good image, or the class of twins."""

STEPS, MOST_OF_A_STEP = 8, 32
"""Steps of an epoch, about, and images of a step at most: few images would else learn nothing."""

N_OF_SCALE = 8
"""Images, and twins of them, whose heat the scale is taken from."""


def detector_of(course: Course) -> Any:
    """Return the detector whose settings a training takes.

    Raises
    ------
    UnknownNameError
        If there is no such preset.
    ParameterError
        If there is no such loss, or a number cannot be used.
    """
    return detectors.create(
        "metric_learning",
        preset=course.preset,
        loss=course.loss,
        epochs=course.epochs,
        seed=course.seed,
        batch_size=max(2, min(MOST_OF_A_STEP, course.n_images // STEPS)),
    )


def learn(material: Material, options: TwinOptions, course: Course) -> "Learned":
    """Train a network to tell good images from their twins.

    Raises
    ------
    ParameterError
        If an image shows no object that a twin could be drawn on.
    TrainingStopped
        If who looks on wants it.
    TrainingError
        If the loss is no number any more.
    """
    from anomalylab.training.embedding import train_embedding

    detector = detector_of(course)
    rows, groups = material.lesson(course.n_images)
    images = material.images(rows)
    body = extractors.body(
        detector.body, weights=detector.weights, size=material.size, frozen=detector.frozen
    )
    wanted = detector.training_options()
    wanted["lessons"] = replace(wanted["lessons"], twins=options)
    digests = [hashlib.blake2b(image, digest_size=16).hexdigest() for image in images]
    key = {"images": digests, "groups": groups.tolist(), "body": body.digest}
    net = train_embedding(images, None, groups, body=body, key=key, **wanted)
    return Learned(net, images, rows, detector.distance, _examples(material, options))


class Learned(Judge):
    """A network that has learnt to tell twins, and the good images that it compares with.

    Parameters
    ----------
    net : EmbeddingNet
    images : uint8 ndarray of shape (n_images, height, width, 3)
        It learnt from these.
    rows : int ndarray of shape (n_images,)
        Which they are.
    distance : {"cosine", "euclidean"}
    examples : uint8 ndarray of shape (n_examples, height, width, 3)
        Images and twins that the scale of heat is taken from.
    """

    def __init__(
        self,
        net: "EmbeddingNet",
        images: np.ndarray,
        rows: np.ndarray,
        distance: str,
        examples: np.ndarray,
    ):
        self.net, self.rows, self.distance = net, rows, distance
        self.description, self.history = net.body.description, net.history
        self._normal, self._means = net.embed(images), net.channel_means(images)
        self._scales = {of: heat_scale(self.heat(examples, of)) for of in SUBJECTS}

    def distances(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the distance of images to the nearest good one, and which of ``rows`` that is."""
        return self._nearest(self.net.embed(images))

    def heat(self, images: np.ndarray, of: str) -> np.ndarray:
        """Return Grad-CAM of ``"distance"`` or ``"logit"``: float32 (n_images, n_rows, n_cols).

        Each image is compared with the nearest good one.
        """
        _, nearest = self._nearest(self.net.embed(images))
        beside = {"nearest": self._normal[nearest], "distance": self.distance}
        return self.net.heat(
            images, of=of, reference=self._means[nearest], **(beside if of == "distance" else {})
        )

    def scale(self, of: str) -> float:
        """Return the heat that is drawn in the last colour, one for all images."""
        return self._scales[of]

    def _nearest(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from anomalylab.training.embedding import nearest_distance

        return nearest_distance(embeddings, self._normal, self.distance)


def _examples(material: Material, options: TwinOptions) -> np.ndarray:
    """Return a few good images aside, and a twin of each."""
    plain = material.images(material.aside[:N_OF_SCALE])
    twins = [twin(image, options, (1, place))[0] for place, image in enumerate(plain)]
    return np.concatenate([plain, np.stack(twins)])
