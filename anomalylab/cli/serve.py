"""The command ``serve``: a run, or a folder of images, live in a browser."""

import argparse
from pathlib import Path

from anomalylab.apps.views import VIEWS, FolderView, RunView, view_spelled
from anomalylab.cli.options import add_command, add_moved_data
from anomalylab.errors import UnknownNameError


def add(commands) -> None:
    """Add the command to those of the parser."""
    parser = add_command(commands, "serve", call, "show a run live in a browser")
    names = ", ".join(view.spellings[0] for view in VIEWS if view.is_live)
    parser.add_argument("view", type=view_named, metavar="VIEW", help=f"which app: {names}")
    parser.add_argument(
        "folder",
        type=Path,
        metavar="RUN",
        help="folder that anomalylab run or recipe wrote; for twins: DATA, a folder of images",
    )
    add_moved_data(parser)
    parser.add_argument(
        "--category", default="", metavar="NAME", help="product to take, of images of several"
    )
    parser.add_argument("--port", type=int, default=5006, help="port on this machine (%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def view_named(word: str) -> RunView | FolderView:
    """Read a live view in any of its spellings."""
    try:
        return view_spelled(word)
    except UnknownNameError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.apps import serve

    show = not options.no_browser
    name = options.view.spellings[0]
    serve(
        name,
        options.folder,
        data=options.data,
        category=options.category,
        port=options.port,
        show=show,
    )
