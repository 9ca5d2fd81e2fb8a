"""The command ``doctor``: what this installation is and holds."""

import argparse

from anomalylab.cli.options import add_command


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "show versions, weights, threads and the cache"
    parser = add_command(commands, "doctor", call, summary)
    parser.add_argument(
        "--clear-cache", action="store_true", help="delete everything that was cached"
    )


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.runs import installation

    if options.clear_cache:
        print(installation.clear())
    print(installation.describe())
