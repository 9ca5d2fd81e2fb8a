"""The command ``check``: what a run would do with a folder, before it does anything."""

import argparse

from anomalylab.cli.options import add_command, add_data, add_images, detect_request
from anomalylab.progress import stage


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "say what a folder holds and what each image will be used for"
    add_command(commands, "check", call, summary, _fill)


def _fill(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    add_images(parser)


def call(options: argparse.Namespace) -> int:
    """Carry out the command; 1 if a run would refuse the data."""
    with stage("start"):
        from anomalylab.runs.preview import preview

    words, is_usable = preview(detect_request(options))
    print(words)
    return 0 if is_usable else 1
