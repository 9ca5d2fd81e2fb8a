"""The command ``serve``: a run live in a browser."""

import argparse

from anomalylab.cli.options import add_command, add_kind, add_moved_data, add_run


def add(commands) -> None:
    """Add the command to those of the parser."""
    parser = add_command(commands, "serve", call, "show a run live in a browser")
    add_kind(parser, "which app")
    add_run(parser)
    add_moved_data(parser)
    parser.add_argument("--port", type=int, default=5006, help="port on this machine (%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.apps import serve

    show = not options.no_browser
    serve(options.kind.name, options.run, data=options.data, port=options.port, show=show)
