"""Options that several recipes have, and some commands with them."""

import argparse

SENSITIVITIES = ("none", "quick", "full")
"""How much may be planted; written here, too, so that --help loads no tables."""


def add_categories(parser: argparse.ArgumentParser) -> None:
    """Add the option that names some products of a data set."""
    parser.add_argument(
        "--category",
        action="append",
        default=[],
        metavar="NAME",
        help="product to take, all if none is named; may be given several times",
    )


def add_epochs(parser: argparse.ArgumentParser) -> None:
    """Add the option that trains for another time than a preset says."""
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of those of the preset")


def add_seed(parser: argparse.ArgumentParser, default: int | None = 0) -> None:
    """Add the option that seeds what is drawn; None tells whether one was given."""
    parser.add_argument(
        "--seed", type=int, default=default, metavar="N", help="seed of everything drawn (0)"
    )


def add_group_by(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which images belong together."""
    parser.add_argument(
        "--group-by",
        metavar="COLUMN",
        help="column of the table whose equal values are left out together, as part or batch "
        "(near copies are found by themselves; nothing: each image is its own)",
    )


def add_intensity(parser: argparse.ArgumentParser) -> None:
    """Add the option that says what is black and what is white in deep images."""
    parser.add_argument(
        "--intensity",
        default="full",
        help="how 16-bit and float pixels are read: full, or range:LO,HI (%(default)s)",
    )


def add_sensitivity(parser: argparse.ArgumentParser, seen: str) -> None:
    """Add the option that says how much is planted; ``seen`` words what that measures."""
    parser.add_argument(
        "--sensitivity",
        choices=SENSITIVITIES,
        help=f"how many defects are planted in copies of the images to measure {seen} "
        "(quick, unless all training images are labelled)",
    )
