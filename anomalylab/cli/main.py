"""The command line: one parser of all commands, one exit code for each way to end."""

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from anomalylab import __version__
from anomalylab.cli import (
    check,
    compare,
    demo,
    doctor,
    notebook,
    paper,
    recipe,
    report,
    reveal,
    robustness,
    run,
    score,
    sensitivity,
    serve,
    study,
    suspects,
)
from anomalylab.cli.options import CommandParser
from anomalylab.errors import AnomalyLabError

COMMANDS = (
    demo,
    check,
    run,
    recipe,
    study,
    report,
    compare,
    score,
    sensitivity,
    suspects,
    reveal,
    paper,
    robustness,
    serve,
    notebook,
    doctor,
)
"""Modules of the commands, in the order of the help; each has ``add(commands)``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused, 2 misused, 130 stopped."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        for plugin in getattr(options, "plugin", []):
            _load_plugin(plugin)
        code: int | None = options.call(options)
    except KeyboardInterrupt:
        print("stopped; what was computed is kept, run the same command to go on", file=sys.stderr)
        return 130
    except AnomalyLabError as error:
        if options.debug:
            traceback.print_exc()
        print(f"anomalylab {options.command}: {error}", file=sys.stderr)
        return 1
    return code or 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="anomalylab",
        description="Find the odd images in a folder of product images, and see why they are odd.",
        epilog="Start with: anomalylab demo. Each command has its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"anomalylab {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=CommandParser
    )
    for command in COMMANDS:
        command.add(commands)
    return parser


def _load_plugin(path: Path) -> None:
    from anomalylab.runs.plugins import load

    load(path)
