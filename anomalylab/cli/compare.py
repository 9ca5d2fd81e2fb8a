"""The command ``compare``: finished runs side by side."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "set finished runs side by side on the images that all of them judged"
    parser = add_command(commands, "compare", call, summary)
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="folders that anomalylab run, recipe or score wrote; the first is the one to beat",
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("compare.html"), help="HTML file (%(default)s)"
    )


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.reports import compare

    print(compare(options.runs, options.out))
