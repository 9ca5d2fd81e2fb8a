"""The command ``sensitivity``: what a finished run would have seen of planted defects."""

import argparse

from anomalylab.cli.options import (
    add_command,
    add_kept_weights,
    add_moved_data,
    add_plugin,
    add_run,
)


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "plant defects in copies of the images of a run, and count what it would have seen"
    parser = add_command(commands, "sensitivity", call, summary)
    add_run(parser)
    parser.add_argument(
        "--defects", metavar="NAMES", help="kinds of defects, as spot,scratch (all that are known)"
    )
    parser.add_argument(
        "--widths", metavar="PX", help="in pixels of the images, as 5,10,20 (a ladder)"
    )
    parser.add_argument(
        "--contrasts", metavar="SHARES", help="how opaque they are, as 0.3,1 (faint and clear)"
    )
    parser.add_argument(
        "--per-cell",
        type=int,
        default=20,
        metavar="N",
        help="planted images of each kind, width and contrast (%(default)s)",
    )
    add_kept_weights(parser)
    add_moved_data(parser)
    add_plugin(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.runs.sensitivity.again import measure_again
    from anomalylab.runs.sensitivity.plan import Wish

    wish = Wish(
        kinds=tuple(options.defects.split(",")) if options.defects else (),
        widths=_numbers(options.widths, int, "widths"),
        contrasts=_numbers(options.contrasts, float, "contrasts"),
        per_cell=options.per_cell,
    )
    run = measure_again(options.run, wish, data=options.data, weights=options.weights)
    print("\n".join(_lines(run.table("sensitivity"))))
    print(run.verdict)
    for label, verdict in run.info.verdicts.items():
        if verdict.seen:
            print(f"{label}: {verdict.seen}")
    print(f"Make the page: anomalylab report {run.folder}")


def _numbers(text: str | None, read, name: str) -> tuple:
    from anomalylab.errors import ParameterError

    try:
        return tuple(read(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise ParameterError(
            f"--{name} takes numbers with commas between them, not {text!r}"
        ) from None


def _lines(table) -> list[str]:
    lines = [f"{'detector':28}{'defect':14}{'contrast':>9}{'width':>7}{'found':>11}   90 %, AUROC"]
    for row in table.itertuples():
        counts = f"{row.n_found} of {row.n_images}"
        lines.append(
            f"{row.detector[:27]:28}{row.defect:14}{row.contrast:>9g}{row.width:>7}{counts:>11}   "
            f"{row.low:.0%} to {row.high:.0%}, {row.auroc:.2f}"
        )
    return lines
