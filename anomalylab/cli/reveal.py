"""The command ``reveal``: what a run said, held against labels that it has not seen."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from anomalylab.cli.options import add_command, add_run, add_whose_scores, printable
from anomalylab.number_words import few_digits, grouped, percent, plural
from anomalylab.progress import stage

if TYPE_CHECKING:
    from anomalylab.runs.reveal import Revealed


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "hold what a run said against labels that it has not seen"
    parser = add_command(commands, "reveal", call, summary)
    add_run(parser)
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="TABLE",
        help="CSV or parquet table with the columns path and label, of a run without hidden labels",
    )
    add_whose_scores(parser)
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="write the images with their labels, as CSV"
    )


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.runs.folder import Run
        from anomalylab.runs.reveal import reveal, write_revealed

    found = reveal(Run(options.run), options.detector, options.labels)
    print("\n".join(lines(found)))
    if options.out is not None:
        write_revealed(found, options.out)
        print(f"Table: {options.out}")


def lines(found: "Revealed") -> list[str]:
    """Return what labels show, in sentences and two tables."""
    n_known, n_defective = len(found.known), int(found.truth.sum())
    n_unknown = len(found.table) - n_known
    unknown = f"; {plural(n_unknown, 'image')} without a label not counted" if n_unknown else ""
    return [
        f"Said by {found.detector}: {found.sentence}",
        f"Labels: {grouped(n_defective)} of {plural(n_known, 'image')} defective, "
        f"{grouped(n_known - n_defective)} good{unknown}.",
        *_suspects(found),
        *_ranking(found),
        *_table(found, "grade", "grade"),
        *_table(found, "defect_type", "type"),
    ]


def _suspects(found: "Revealed") -> list[str]:
    from anomalylab.metrics import rate_interval

    n_found, n_false, n_missed, n_good = found.counts
    expected = found.expected
    stated = "" if expected is None else f"; about {few_digits(expected)} stated beforehand"
    told = [
        f"At or above the threshold: {plural(n_found + n_false, 'image')}, {grouped(n_found)} of "
        f"them defective and {grouped(n_false)} good (false suspects seen: {n_false} of "
        f"{n_false + n_good}{stated})."
    ]
    n_defective = n_found + n_missed
    if n_defective:
        low, high = rate_interval(n_found, n_defective)
        told.append(
            f"Found: {n_found} of {plural(n_defective, 'defective image')}, "
            f"{percent(n_found / n_defective)} ({percent(low)} to {percent(high)})."
        )
    return told


def _ranking(found: "Revealed") -> list[str]:
    if found.why_unranked:
        return [f"Nothing is said of the ranking: {found.why_unranked}."]
    n_known, n_defective = len(found.known), int(found.truth.sum())
    auroc, ap = (found.metric(name) for name in ("auroc", "average_precision"))
    in_head = found.n_defective_of_first(found.n_head)
    return [
        f"Look at these first: {found.n_defective_of_first(found.n_first)} of the first "
        f"{found.n_first} are defective.",
        f"The first {found.n_head}, one and a half times the defective ones, hold {in_head} of "
        f"{n_defective} defective images ({percent(in_head / n_defective)}; "
        f"{percent(found.n_head / n_known)} in an order by chance).",
        f"Ranking: AUROC {_bounded(auroc)}, 0.5 by chance; AP {_bounded(ap)}, "
        f"{n_defective / n_known:.3f} by chance.",
    ]


def _bounded(value: tuple[float, float, float]) -> str:
    return "{:.3f} ({:.3f} to {:.3f})".format(*value)


def _table(found: "Revealed", column: str, title: str) -> list[str]:
    """Return a table of the kinds of images, none if they say no more than the labels do."""
    table = found.by(column)
    if len(table) < 2:
        return []
    width = max(len(title), *map(len, table["kind"]))
    rows = [f"{title:{width}}{'images':>9}{'named':>9}{'in first ' + str(found.n_head):>16}"]
    rows += [
        f"{printable(row['kind']):{width}}{row['n_images']:>9}{row['n_beyond']:>9}"
        f"{row['n_in_head']:>16}"
        for row in table.to_dict("records")
    ]
    return ["", *rows]
