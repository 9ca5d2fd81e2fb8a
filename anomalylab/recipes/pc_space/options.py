"""The options of this recipe on the command line."""

import argparse
from typing import TYPE_CHECKING, Any

from anomalylab.recipes.options import add_group_by, add_intensity, add_seed, add_sensitivity

if TYPE_CHECKING:
    from anomalylab.recipes.pc_space.request import PCSpaceRequest

SUMMARY = (
    "windows of each image as points in PC space, a histogram of them, and the odds "
    "that the image is defective; for surfaces that look much the same everywhere"
)

OWN = ("preset",)
"""Parameters of data sets for which the recipe has an option of its own."""

OF_REQUEST = (
    *("n_components", "bins", "limit", "overflow", "solver", "orient", "C", "seed"),
    "sensitivity",
)
"""Options that replace a default, or what a preset says, if they are given."""

_PRESET_HELP = (
    "original: as published (--orient extreme --solver incremental --overflow drop --counts; an "
    "hour for 100 images); easy, hard: contrast of defects in the built-in images"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of the recipe."""
    parser.add_argument("--preset", choices=("easy", "hard", "original"), help=_PRESET_HELP)
    _add_space(parser)
    _add_odds(parser)


def _add_space(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--window", metavar="PX", help="odd side of a window, or several as 15,25 (25)"
    )
    parser.add_argument(
        "--components",
        dest="n_components",
        type=int,
        metavar="N",
        help="axes of PC space; each pair of them has a histogram (2)",
    )
    parser.add_argument(
        "--solver",
        choices=["exact", "incremental"],
        help="components of all windows at once, or updated image by image: slow, and depending on "
        "their order (exact)",
    )
    parser.add_argument(
        "--orient",
        choices=["loading", "extreme", "luma"],
        help="bright end of the one-band image: of the heaviest colour, the most extreme pixel, or "
        "what is bright to the eye (loading)",
    )
    add_intensity(parser)
    add_group_by(parser)


def _add_odds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bins", type=int, help="bins of each axis of a histogram (10)")
    parser.add_argument(
        "--limit", type=float, help="half the width of a histogram (2.4 times the window)"
    )
    parser.add_argument(
        "--overflow",
        choices=["clip", "drop"],
        help="windows beyond the limit: into the outermost bins, or not counted (clip)",
    )
    parser.add_argument(
        "--counts",
        action="store_true",
        help="histograms of counts rather than of shares of an image's windows",
    )
    parser.add_argument("--C", type=float, help="inverse strength of the odds' penalty (1)")
    parser.add_argument(
        "--search",
        action="store_true",
        help="choose window, components, bins, limit and C by cross-validation on the training "
        "images, whatever is given for them",
    )
    add_seed(parser, default=None)
    add_sensitivity(parser, "what the residual would have seen")


def request(options: argparse.Namespace, params: dict[str, object]) -> "PCSpaceRequest":
    """Return what the recipe is asked.

    Parameters
    ----------
    options : Namespace
        As parsed.
    params : dict
        Parameters of the loader that were given.
    """
    from anomalylab.recipes.pc_space.request import PRESETS, PCSpaceRequest, parse_windows

    chosen: dict[str, Any] = {}
    if params.get("preset") in PRESETS:
        chosen |= PRESETS[str(params.pop("preset"))]
    given = {name: getattr(options, name) for name in OF_REQUEST}
    chosen |= {name: value for name, value in given.items() if value is not None}
    if options.window:
        chosen["windows"] = parse_windows(options.window)
    if options.counts:
        chosen["density"] = False
    return PCSpaceRequest(
        data=options.data,
        dataset=options.dataset,
        dataset_params=params,
        group_by=options.group_by,
        intensity=options.intensity,
        search=options.search,
        plugins=tuple(options.plugin),
        **chosen,
    )
