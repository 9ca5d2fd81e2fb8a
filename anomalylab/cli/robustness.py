"""The command ``robustness``: what defects among the training images do to what is learnt."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command, add_plugin, default_out
from anomalylab.progress import stage

CHANGES = ("difference", "channels", "ratio")
"""Definitions of the greatest change; written here, too, so that --help loads no numerics."""


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "show what defects among the training images do to what is learnt, as a page"
    parser = add_command(commands, "robustness", call, summary)
    parser.add_argument(
        "data",
        type=Path,
        nargs="?",
        metavar="DATA",
        help="folder of images whose defects are labelled; built-in images if not given",
    )
    parser.add_argument("--dataset", default="", help="layout of the folder (found out)")
    parser.add_argument("--category", default="", help="of a data set that has several")
    parser.add_argument("--level", default="", help="of the network (all side by side)")
    parser.add_argument(
        "--share",
        type=float,
        default=0.2,
        help="of the training images that become defective (%(default)s)",
    )
    parser.add_argument(
        "--change",
        default=CHANGES[0],
        choices=CHANGES,
        help="which axes are shown large: of the greatest difference of variance, the channels "
        "that differ most, or of the greatest factor (%(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="which images go and which come (%(default)s)"
    )
    parser.add_argument("-o", "--out", type=Path, help="HTML file (reports/ and the name of DATA)")
    add_plugin(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.reports import write_robustness

    named = ("dataset", "category", "level", "share", "change", "seed")
    parameters = {name: getattr(options, name) for name in named}
    place = default_out(options.data, options.category or "textures")
    out = options.out or place.with_name(f"{options.category or place.name}-robustness.html")
    print(write_robustness(out, options.data, plugins=options.plugin, **parameters))
