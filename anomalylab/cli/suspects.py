"""The command ``suspects``: what to look at first, as a list and as files."""

import argparse
from pathlib import Path

from anomalylab.cli.options import add_command, add_moved_data, add_run, add_whose_scores, printable

FLAGGED = "flagged"


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "list the most unusual images of a run, and copy them into a folder"
    parser = add_command(commands, "suspects", call, summary)
    add_run(parser)
    parser.add_argument(
        "--top",
        type=_top,
        default=10,
        metavar="N",
        help=f"how many, or {FLAGGED}: all at or above the threshold (%(default)s)",
    )
    add_whose_scores(parser)
    parser.add_argument("--copy-to", type=Path, metavar="FOLDER", help="copy their files there")
    add_moved_data(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.runs.copies import copy_suspects
    from anomalylab.runs.folder import Run
    from anomalylab.runs.originals import Originals
    from anomalylab.runs.suspects import suspects

    run = Run(options.run)
    table = suspects(run, options.detector)
    listed = table[table["is_beyond"]] if options.top == FLAGGED else table.head(options.top)
    print("\n".join(_lines(listed)))
    print(
        f"{len(listed)} of {len(table)} images, by {table['detector'].iloc[0]}; "
        f"{table['is_beyond'].sum()} at or above its threshold{_about_looks(listed)}"
    )
    if options.copy_to is None or listed.empty:
        return
    copied = copy_suspects(listed, Originals(run, options.data), options.copy_to)
    for reason in copied["why_not"][copied["copy"].isna()]:
        print(f"not copied: {printable(reason)}")
    print(f"Copied {copied['copy'].notna().sum()} to {options.copy_to}")


def _top(text: str) -> int | str:
    if text == FLAGGED:
        return text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 or {FLAGGED}, not {text!r}")
    return int(text)


def _about_looks(table) -> str:
    is_shared = table["look"].dropna().duplicated().any()
    return "; those of one look are alike: another variant, or a defect?" if is_shared else ""


def _lines(table) -> list[str]:
    import pandas as pd

    has_looks = table["look"].notna().any()
    look = f"{'look':6}" if has_looks else ""
    lines = [f"{'rank':>5}{'score':>11}{'chance':>11}  {'beyond':8}{'place':14}{look}image"]
    for row in table.itertuples():
        chance = "" if pd.isna(row.p_value) else f"{row.p_value:.2g}"
        place = "" if pd.isna(row.x) else f"{row.x}, {row.y}"
        look = f"{'' if pd.isna(row.look) else row.look:<6}" if has_looks else ""
        lines.append(
            f"{row.rank:5}{row.score:>11.4g}{chance:>11}  "
            f"{'yes' if row.is_beyond else 'no':8}{place:14}{look}{printable(row.image_path)}"
        )
    return lines
