"""The command ``notebook``: a filled copy of a run's notebook to work on."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command, add_kind, add_run
from anomalylab.progress import stage


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "write a filled copy of a notebook to work on"
    parser = add_command(commands, "notebook", call, summary)
    add_kind(parser, "which notebook")
    add_run(parser)
    parser.add_argument("-o", "--out", type=Path, help="notebook file (NAME.ipynb in this folder)")


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.reports import working_copy

    name = options.kind.notebook
    print(working_copy(name, options.run, options.out or Path(f"{name}.ipynb")))
