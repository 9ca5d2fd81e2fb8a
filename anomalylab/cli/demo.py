"""The command ``demo``: the run that shows a newcomer what comes out."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from anomalylab.cli.options import add_command
from anomalylab.progress import stage

if TYPE_CHECKING:
    from anomalylab.runs.folder import Run

CATEGORY = "part"


def add(commands) -> None:
    """Add the command to those of the parser."""
    parser = add_command(
        commands, "demo", call, "run and report built-in images, to see what comes out"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("reports/demo"), help="run folder (%(default)s)"
    )
    parser.add_argument("--category", help="surface: brick, grass, gravel, fabric or part")


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    from anomalylab.reports import report

    run = run_demo(options.out, category=options.category)
    print(run.verdict)
    print(f"Open the page: {report(run.folder)}")


def run_demo(out: Path, *, category: str | None = None) -> "Run":
    """Run two detectors on built-in images and return the finished run."""
    with stage("start"):
        from anomalylab.runs.detect import run
        from anomalylab.runs.request import DetectorChoice, DetectRequest

    request = DetectRequest(
        data=None,
        dataset="textures",
        dataset_params={"category": category or CATEGORY, "preset": "easy"},
        detectors=(DetectorChoice(name="patchcore"), DetectorChoice(name="padim")),
    )
    return run(request, out)
