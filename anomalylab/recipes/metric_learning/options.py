"""The options of this recipe on the command line."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomalylab.recipes.options import add_categories, add_epochs, add_group_by, add_intensity

if TYPE_CHECKING:
    from anomalylab.recipes.metric_learning.request import MetricLearningRequest

SUMMARY = (
    "train a small network to tell images apart, and judge each image by its distance to the "
    "nearest normal one"
)

OWN = ("preset", "category")
"""Parameters of data sets for which the recipe has an option of its own."""

EXPERIMENTS = ("twins", "classes", "one-defect")
"""Written here, too, so that --help loads no network."""

_EXPERIMENT_HELP = (
    "what is told apart: normal images and copies with a drawn line; categories; normal images and "
    "one type of defect, whose images are test images, too (%(default)s)"
)

_PRESET_HELP = (
    "how long and what is trained: tiny, seconds and good for nothing else; cpu, minutes a loss; "
    "paper, as published, hours without a GPU (%(default)s); of built-in images: easy, hard"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of the recipe."""
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a further folder or table of images, whose layout is found out; may be given several "
        "times",
    )
    add_categories(parser)
    parser.add_argument(
        "--loss",
        default="arcface",
        metavar="NAME",
        help="all, or names as arcface,cosface (%(default)s)",
    )
    parser.add_argument(
        "--experiment", default=EXPERIMENTS[0], choices=EXPERIMENTS, help=_EXPERIMENT_HELP
    )
    parser.add_argument(
        "--preset", default="cpu", choices=("tiny", "cpu", "paper"), help=_PRESET_HELP
    )
    _add_training(parser)


def _add_training(parser: argparse.ArgumentParser) -> None:
    add_epochs(parser)
    parser.add_argument(
        "--distance", choices=("cosine", "euclidean"), help="between embeddings (cosine)"
    )
    parser.add_argument(
        "--defect", metavar="TYPE", help="trained on in one-defect; the first by name if not given"
    )
    parser.add_argument(
        "--as-published",
        action="store_true",
        help="repeat each training with the errors of the published code, for comparison",
    )
    parser.add_argument(
        "--options",
        metavar="NAME=VALUE,...",
        help="of the detector metric_learning, as place=on-blob,length=22+40; what was found by "
        "looking at test images makes their results too good",
    )
    parser.add_argument("--seed", default="0", metavar="N", help="one, or several as 0,1,2 (0)")
    add_intensity(parser)
    add_group_by(parser)


def request(options: argparse.Namespace, params: dict[str, object]) -> "MetricLearningRequest":
    """Return what the recipe is asked.

    Parameters
    ----------
    options : Namespace
        As parsed.
    params : dict
        Parameters of the loader that were given.
    """
    from anomalylab.recipes.metric_learning.request import (
        MetricLearningRequest,
        read_losses,
        read_options,
        read_seeds,
    )

    given: dict[str, Any] = read_options(options.options or "")
    for name in ("epochs", "distance"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    return MetricLearningRequest(
        data=options.data,
        dataset=options.dataset,
        dataset_params={k: v for k, v in params.items() if k not in OWN},
        group_by=options.group_by,
        also=tuple(options.also),
        categories=tuple(options.category),
        losses=read_losses(options.loss),
        experiment=options.experiment,
        preset=options.preset,
        params=given,
        as_published=options.as_published,
        defect=options.defect,
        seeds=read_seeds(options.seed),
        intensity=options.intensity,
        plugins=tuple(options.plugin),
    )
