"""The command ``report``: one offline HTML page of a run."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command, add_moved_data, add_plugin, add_run
from anomalylab.progress import stage


def add(commands) -> None:
    """Add the command to those of the parser."""
    parser = add_command(commands, "report", call, "make one offline HTML page of a run")
    add_run(parser)
    parser.add_argument("-o", "--out", type=Path, help="HTML file (RUN/report.html)")
    add_moved_data(parser)
    add_plugin(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.reports import report

    print(report(options.run, options.out, plugins=options.plugin, data=options.data))
