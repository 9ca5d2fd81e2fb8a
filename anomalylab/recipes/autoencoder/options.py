"""The options of this recipe on the command line."""

import argparse
from typing import TYPE_CHECKING, Any

from anomalylab.recipes.options import add_epochs, add_group_by, add_intensity, add_seed

if TYPE_CHECKING:
    from anomalylab.recipes.autoencoder.request import AutoencoderRequest

SUMMARY = (
    "train a network to give good images back, and call what it cannot by a threshold that can be "
    "moved"
)

OWN = ("preset", "category")
"""Parameters of data sets for which the recipe has an option of its own."""

OF_DETECTOR = ("architecture", "latent", "loss", "residual", "epochs", "denoise")
"""Options that are parameters of the detector."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of the recipe."""
    parser.add_argument(
        "--category", metavar="NAME", help="product to take, of a data set that has several"
    )
    parser.add_argument(
        "--preset",
        default="cpu",
        choices=("tiny", "cpu", "seed", "bergmann"),
        help="how long and what is trained: tiny, seconds and good for nothing else; cpu, minutes; "
        "seed and bergmann, as published, for a GPU (%(default)s); of built-in images: easy, hard",
    )
    parser.add_argument(
        "--architecture",
        choices=("AE128", "seed", "bergmann", "tiny"),
        help="layers, and with them the size of images (those of the preset)",
    )
    parser.add_argument(
        "--latent", type=int, metavar="N", help="numbers an image is squeezed through (500)"
    )
    parser.add_argument("--loss", choices=("l2", "ssim"), help="what is made small (l2)")
    parser.add_argument(
        "--residual",
        choices=("l2", "sum_sq", "mean_abs", "max_abs", "ssim"),
        help="what is left of a pixel, in whose unit tau is (l2)",
    )
    parser.add_argument(
        "--denoise",
        action="store_true",
        default=None,
        help="add noise to what goes in alone, rather than to images and copies",
    )
    add_epochs(parser)
    _add_rest(parser)


def _add_rest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--latents",
        default="",
        metavar="N,N,...",
        help="latents to compare on AE128, each trained with as many steps, as 16,64,128,256,500",
    )
    parser.add_argument(
        "--quantile",
        type=float,
        default=0.98,
        metavar="Q",
        help="of the highest residuals of good images held out, that tau is taken from "
        "(%(default)s)",
    )
    parser.add_argument(
        "--background",
        type=float,
        metavar="SHARE",
        help="leave out what is connected to the border and differs from its colour by at most "
        "this share of full brightness, as 0.1",
    )
    parser.add_argument(
        "--min-area",
        type=int,
        default=1,
        metavar="PX",
        help="smallest group of called pixels, in pixels of the network's image (%(default)s)",
    )
    parser.add_argument(
        "--options",
        default="",
        metavar="NAME=VALUE,...",
        help="further ones of the detector autoencoder, as rotation=0,is_flipped=false",
    )
    add_seed(parser)
    add_intensity(parser)
    add_group_by(parser)


def request(options: argparse.Namespace, params: dict[str, object]) -> "AutoencoderRequest":
    """Return what the recipe is asked; ``params`` are those of the data set's loader."""
    from anomalylab.recipes.autoencoder.request import (
        AutoencoderRequest,
        read_latents,
        read_options,
    )

    given: dict[str, Any] = read_options(options.options)
    for name in OF_DETECTOR:
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    return AutoencoderRequest(
        data=options.data,
        dataset=options.dataset,
        dataset_params={k: v for k, v in params.items() if k not in OWN},
        group_by=options.group_by,
        category=options.category,
        preset=options.preset,
        params=given,
        latents=read_latents(options.latents),
        quantile=options.quantile,
        background=options.background,
        min_area=options.min_area,
        seed=options.seed,
        intensity=options.intensity,
        plugins=tuple(options.plugin),
    )
