"""The options of this recipe on the command line."""

import argparse
from typing import TYPE_CHECKING

from anomalylab.recipes.options import add_categories, add_group_by, add_intensity, add_seed

if TYPE_CHECKING:
    from anomalylab.recipes.pni.request import PNIRequest

SUMMARY = (
    "compare cells with those of a memory that fit their place and neighbours, beside PatchCore on "
    "the same memory, each with and without refined maps"
)

OWN = ("preset", "category")
"""Parameters of data sets for which the recipe has an option of its own."""

PRESETS = ("tiny", "cpu", "pni", "pni_official")
"""Written here, too, so that --help loads no network."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of the recipe."""
    add_categories(parser)
    parser.add_argument(
        "--preset",
        default="cpu",
        choices=PRESETS,
        help="settings of the detector: tiny, seconds and good for nothing else; cpu, minutes; "
        "pni, as the paper, and pni_official, as its code is described: for a GPU (%(default)s)",
    )
    parser.add_argument(
        "--options",
        default="",
        metavar="NAME=VALUE,...",
        help="of the detector pni, as epochs=30,radius=2",
    )
    parser.add_argument(
        "--refine",
        default="",
        metavar="NAME=VALUE,...",
        help="options of the network that refines maps, as epochs=20",
    )
    parser.add_argument(
        "--no-refine", action="store_true", help="train no network that refines maps"
    )
    parser.add_argument(
        "--ensemble",
        action="store_true",
        help="judge by the mean over levels, or over several backbones, too",
    )
    _add_images(parser)


def _add_images(parser: argparse.ArgumentParser) -> None:
    """Add how images are described."""
    parser.add_argument(
        "--backbone",
        default="lite0",
        metavar="NAME,...",
        help="network; several, as lite0,resnet, make an ensemble (%(default)s)",
    )
    parser.add_argument(
        "--levels",
        metavar="NAME,...",
        help="levels of the backbone that are put side by side (of lite0 block3,block4, whose "
        "cells measure 8 and 16 pixels as in the paper)",
    )
    parser.add_argument("--size", metavar="PX", help="as of anomalylab run")
    add_seed(parser)
    add_intensity(parser)
    add_group_by(parser)


def request(options: argparse.Namespace, params: dict[str, object]) -> "PNIRequest":
    """Return what the recipe is asked.

    Parameters
    ----------
    options : Namespace
        As parsed.
    params : dict
        Parameters of the loader that were given.
    """
    from anomalylab.images.read import parse_size
    from anomalylab.recipes.pni.request import PNIRequest
    from anomalylab.runs.detector_choice import read_options

    return PNIRequest(
        data=options.data,
        dataset=options.dataset,
        dataset_params={k: v for k, v in params.items() if k not in OWN},
        group_by=options.group_by,
        categories=tuple(options.category),
        preset=options.preset,
        params=read_options("options", options.options),
        refine=None if options.no_refine else read_options("refine", options.refine),
        with_ensemble=options.ensemble,
        backbones=tuple(options.backbone.split(",")),
        levels=tuple(options.levels.split(",")) if options.levels else None,
        size=parse_size(options.size) if options.size else None,
        seed=options.seed,
        intensity=options.intensity,
        plugins=tuple(options.plugin),
    )
