"""The command ``recipe``: published analyses, carried out on a folder of images."""

import argparse
from pathlib import Path
from typing import Any

from anomalylab.cli.options import add_command, add_data, dataset_params

RECIPES = {
    "kolektor": "windows of each image as points in PC space, a histogram of them, and the odds "
    "that the image is defective; for surfaces that look much the same everywhere"
}

OF_REQUEST = ("n_components", "bins", "limit", "overflow", "solver", "orient", "C", "seed")
"""Options that replace a default, or what a preset says, if they are given."""

_PRESET_HELP = (
    "original: as published (--orient extreme --solver incremental --overflow drop --counts; an "
    "hour for 100 images); easy, hard: contrast of defects in the built-in images"
)


def add_recipe(commands) -> None:
    """Add the command to those of the parser."""
    summary = "carry out a published analysis and write a run folder"
    parser = add_command(commands, "recipe", call_recipe, summary, _fill)
    parser.epilog = (
        "Without DATA, built-in images are used. What is done is kept in the cache: repeat an "
        "interrupted command and it goes on."
    )


def _fill(parser: argparse.ArgumentParser) -> None:
    listed = "; ".join(f"{name}: {what}" for name, what in RECIPES.items())
    parser.add_argument("recipe", choices=list(RECIPES), help=listed)
    add_data(parser, own=["preset"])
    parser.add_argument("--preset", choices=("easy", "hard", "original"), help=_PRESET_HELP)
    _add_space(parser)
    _add_odds(parser)
    parser.add_argument("-o", "--out", type=Path, help="run folder (reports/ and the name of DATA)")


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
    parser.add_argument(
        "--intensity",
        default="full",
        help="how 16-bit and float pixels are read: full, or range:LO,HI (%(default)s)",
    )


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
    parser.add_argument("--seed", type=int, help="seed of everything drawn (0)")


def call_recipe(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.recipes.pc_space.run import run

    request = _request(options)
    name = options.data.resolve().stem if options.data else options.recipe
    finished = run(request, options.out or Path("reports", name))
    print(finished.verdict)
    print(
        f"Run folder: {finished.folder}\n"
        f"Make the page: anomalylab report {finished.folder}\n"
        f"Explore it: anomalylab serve pc-space {finished.folder}"
    )


def _request(options: argparse.Namespace):
    from anomalylab.recipes.pc_space.request import PRESETS, Request, parse_windows

    params = dataset_params(options)
    chosen: dict[str, Any] = {}
    if params.get("preset") in PRESETS:
        chosen |= PRESETS[str(params.pop("preset"))]
    given = {name: getattr(options, name) for name in OF_REQUEST}
    chosen |= {name: value for name, value in given.items() if value is not None}
    if options.window:
        chosen["windows"] = parse_windows(options.window)
    if options.counts:
        chosen["density"] = False
    return Request(
        data=options.data,
        dataset=options.dataset,
        dataset_params=params,
        intensity=options.intensity,
        search=options.search,
        plugins=tuple(options.plugin),
        **chosen,
    )
