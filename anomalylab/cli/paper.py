"""The command ``paper``: the tables and figures of the publication, from a study."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command
from anomalylab.progress import stage


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "draw the tables and figures of the paper on refinement from a study"
    parser = add_command(commands, "paper", call, summary)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder that anomalylab study wrote")
    parser.add_argument(
        "-o", "--out", type=Path, help="folder for pages, CSV and LaTeX (RUN-paper)"
    )


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.reports import write_paper

    run = options.run.resolve()
    out = options.out or options.run.with_name(f"{run.name}-paper")
    for page in write_paper(options.run, out):
        print(page)
