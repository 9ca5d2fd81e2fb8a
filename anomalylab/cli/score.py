"""The command ``score``: apply a finished run to new images."""

import argparse
from pathlib import Path

from anomalylab.cli.options import (
    ENGINES,
    add_command,
    add_kept_weights,
    add_max_false_alarms,
    add_plugin,
    add_replace,
    add_run,
    rate_named,
)
from anomalylab.errors import RunError
from anomalylab.progress import stage


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "apply a finished run to new images, without fitting"
    parser = add_command(commands, "score", call, summary)
    add_run(parser)
    parser.add_argument(
        "images", type=Path, metavar="IMAGES", help="folder of new images, or table of their paths"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write to")
    add_replace(parser)
    add_kept_weights(parser)
    parser.add_argument(
        "--engine", choices=ENGINES, help="what runs the network (as in RUN, if installed)"
    )
    add_max_false_alarms(parser)
    parser.add_argument(
        "--calibrate-on",
        type=Path,
        metavar="GOOD",
        help="folder or table of good new images, not to be scored, that give the thresholds",
    )
    add_plugin(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command; the kind of the run decides how."""
    with stage("start"):
        from anomalylab.reports import report
        from anomalylab.runs.folder import Run
        from anomalylab.runs.kinds import KINDS, resolve

    base = Run(options.run)
    kind = base.kind
    if kind.score is None and kind.instead:
        raise RunError(
            f"{options.run} holds {kind.holds}, which scores no new images: it has not judged each "
            "training image by a detector that had not seen it, so that nothing tells what is "
            "usual; this makes a run of the same detector that has, and that scores: "
            f"{resolve(kind.instead)(base)}"
        )
    if kind.score is None:
        able = ", ".join(other.made_by for other in KINDS.values() if other.score)
        raise RunError(
            f"{options.run} holds {kind.holds}, which scores no new images; score them with a run "
            f"made by {able}, or put them among the test images and make the run again"
        )
    with stage("start"):
        score = resolve(kind.score)
    run = score(
        options.run,
        options.images,
        options.out,
        weights=options.weights,
        engine=options.engine,
        max_false_alarms=rate_named(options.max_false_alarms),
        calibrate_on=options.calibrate_on,
        replace=options.replace,
    )
    print(run.verdict)
    for finding in run.info.findings:
        print(f"{finding.message}{finding.advice and f'; {finding.advice}'}.")
    print(f"Table: {run.folder / 'scores.csv'}\nOpen the page: {report(run.folder)}")
