"""A folder of images, and something that learns from it at once, for tests of tuned twins."""

import time

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab.errors import TrainingStopped
from anomalylab.recipes.tuned_twins.trial import Judge
from anomalylab.training.watching import listener

SIDE = 48
N_TRAIN, N_GOOD, N_DEFECT = 12, 3, 4
TYPES = ("dent", "hole")


def make_folder(root, *, types=TYPES):
    """Write discs on white in the layout of MVTec AD, those of test/TYPE with a dark bar."""
    for number in range(N_TRAIN):
        save(disc(number), root / "train" / "good" / f"{number:02d}.png")
    for number in range(N_GOOD):
        save(disc(100 + number), root / "test" / "good" / f"{number:02d}.png")
    for place, name in enumerate(types):
        for number in range(N_DEFECT):
            image = disc(200 + 10 * place + number)
            mask = np.zeros((SIDE, SIDE), bool)
            mask[14 + 4 * place : 20 + 4 * place, 16 + number : 30 + number] = True
            image[mask] = 0
            save(image, root / "test" / name / f"{number:02d}.png")
            truth = root / "ground_truth" / name / f"{number:02d}_mask.png"
            save(np.uint8(255 * mask), truth)
    return root


def disc(seed):
    rng = np.random.default_rng(seed)
    rows, cols = np.indices((SIDE, SIDE))
    is_object = np.hypot(rows - 24, cols - 24) < 16
    noise = rng.normal(0, 3, (SIDE, SIDE, 3))
    return np.clip(np.where(is_object[..., None], (150, 120, 90), 235) + noise, 0, 255).astype(
        np.uint8
    )


def save(image, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


class FakeJudge(Judge):
    """Tells how far the darkest and brightest pixels are from those of good images."""

    description = "made up"

    def __init__(self, images, rows, history, blur=0.0):
        self.images, self.rows, self.history, self.blur = images.astype(float), rows, history, blur
        self.middle = self.images.mean(axis=0)

    def distances(self, images):
        apart = np.abs(images.astype(float)[:, None] - self.images[None]).max(axis=4)
        found = np.quantile(apart, 0.995 - self.blur, axis=(2, 3))
        return found.min(axis=1), found.argmin(axis=1)

    def heat(self, images, of):
        apart = np.abs(images.astype(float) - self.middle).mean(axis=3)
        cells = apart.reshape(len(images), 6, SIDE // 6, 6, SIDE // 6).mean(axis=(2, 4))
        return cells.astype(np.float32)

    def scale(self, of):
        return 40.0


def fake_learn(material, options, course, *, seconds=0.0):
    """Tell a falling loss after each epoch, and stop when asked, as a training does."""
    rows, _ = material.lesson(course.n_images)
    looks_on, told = listener(), []
    for epoch in range(1, course.epochs + 1):
        time.sleep(seconds)
        if looks_on.wants_to_stop():
            raise TrainingStopped("stopped")
        for part, more in (("train", 0.0), ("validation", 0.1)):
            told.append((epoch, part, "loss", 2.0 / epoch + more))
        history = pd.DataFrame(told, columns=["epoch", "part", "measure", "value"])
        looks_on.told(history)
    blur = 0.0 if options.kind == "line" else 0.01
    return FakeJudge(material.images(rows), rows, history, blur)
