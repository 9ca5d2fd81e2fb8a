"""Parts that several commands share: how one is added, and the options that name images."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

DATASET_OPTIONS = ("category", "normal", "anomalous", "test", "masks", "preset")
"""Options that are parameters of the data set's loader."""


def add_command(commands, name: str, call: Callable, summary: str) -> argparse.ArgumentParser:
    """Add a command that is carried out by ``call(options)``."""
    parser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.set_defaults(call=call)
    return parser


def add_data(
    parser: argparse.ArgumentParser,
    presets: Sequence[str] = ("easy", "hard"),
    preset_help: str = "built-in images: contrast of defects",
) -> None:
    """Add the options that say which images, and what is known of them."""
    parser.add_argument(
        "data",
        type=Path,
        nargs="?",
        metavar="DATA",
        help="folder of images, or a CSV or parquet table of their paths",
    )
    parser.add_argument(
        "--dataset",
        help="layout of the folder (found out if not given): folder, mvtec_ad, "
        "kolektor_sdd2, kolektor_sdd, table, or textures for the built-in images",
    )
    parser.add_argument("--category", help="category of a data set that has several")
    parser.add_argument("--normal", metavar="GLOB", help="folder layout: images known to be good")
    parser.add_argument(
        "--anomalous", metavar="GLOB", help="folder layout: images known to be defective"
    )
    parser.add_argument("--test", metavar="GLOB", help="folder layout: images to be judged only")
    parser.add_argument(
        "--masks", metavar="FOLDER", help="folder layout: masks of defects, matched by name"
    )
    parser.add_argument("--preset", choices=presets, help=preset_help)
    add_plugin(parser)


def dataset_params(options: argparse.Namespace) -> dict[str, object]:
    """Return the parameters of the data set's loader that were given."""
    given = {name: getattr(options, name) for name in DATASET_OPTIONS}
    return {name: value for name, value in given.items() if value is not None}


def add_plugin(parser: argparse.ArgumentParser) -> None:
    """Add the option that loads parts from Python files."""
    parser.add_argument(
        "--plugin",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers a part; may be given several times",
    )
