"""The command ``recipe``: published analyses, carried out on a folder of images."""

import argparse
from functools import partial

from anomalylab.cli.options import (
    CommandParser,
    add_command,
    add_data,
    add_out,
    dataset_params,
    default_out,
)
from anomalylab.cli.outcome import add_report, tell
from anomalylab.progress import stage
from anomalylab.runs.kinds import Kind, recipes, resolve


def add(commands) -> None:
    """Add the command, and one below it for each recipe."""
    parser = add_command(
        commands, "recipe", call, "carry out a published analysis and write a run folder"
    )
    parser.epilog = "Each recipe has its own --help."
    named = parser.add_subparsers(
        dest="recipe", required=True, metavar="RECIPE", parser_class=CommandParser
    )
    for kind in recipes():
        summary = resolve(str(kind.options)).SUMMARY
        of_kind = add_command(
            named,
            kind.words,
            partial(call, kind=kind),
            summary,
            partial(_fill, kind=kind),
            aliases=kind.spellings[1:],
        )
        of_kind.epilog = (
            "Without DATA, built-in images are used. What is done is kept in the cache: repeat an "
            "interrupted command and it goes on."
        )


def _fill(parser: argparse.ArgumentParser, kind: Kind) -> None:
    module = resolve(str(kind.options))
    add_data(parser, own=module.OWN)
    module.add_options(parser)
    add_out(parser)
    add_report(parser)


def call(options: argparse.Namespace, kind: Kind) -> None:
    """Carry out the command."""
    with stage("start"):
        request = resolve(str(kind.options)).request(options, dataset_params(options))
        make = resolve(kind.make)
    out = options.out or default_out(options.data, kind.words)
    finished = make(request, out, replace=options.replace)
    tell(finished, options)
    if kind.app:
        print(f"Explore it: {kind.show_command(finished.folder)}")
