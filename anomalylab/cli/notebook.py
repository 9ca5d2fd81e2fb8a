"""The command ``notebook``: a copy of a notebook, of a finished run or ready to make one."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command, add_kind
from anomalylab.errors import ParameterError
from anomalylab.progress import stage
from anomalylab.runs.kinds import KINDS


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "write a filled copy of a notebook to work on"
    parser = add_command(commands, "notebook", call, summary)
    add_kind(parser, "which notebook")
    learning = ", ".join(kind.words for kind in KINDS.values() if kind.learns_from)
    parser.add_argument(
        "place",
        type=Path,
        nargs="?",
        metavar="RUN|DATA",
        help="RUN: folder that anomalylab run or recipe wrote. DATA: folder or table of images "
        f"that the notebook learns from, of {learning} (built-in images if nothing is named)",
    )
    parser.add_argument(
        "--category", default="", metavar="NAME", help="product to take, of images of several"
    )
    parser.add_argument("-o", "--out", type=Path, help="notebook file (NAME.ipynb in this folder)")


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.reports import copy_for_images, working_copy
        from anomalylab.reports.kit.working_copies import is_run

    kind, place = options.kind, options.place
    out = options.out or Path(f"{kind.notebook}.ipynb")
    if is_run(place) and options.category:
        raise ParameterError("--category is for folders of images; a run has what it was made of")
    if is_run(place):
        print(working_copy(kind.notebook, place, out))
    else:
        print(copy_for_images(kind, place, out, category=options.category))
