"""What ``run`` and ``recipe`` share at their end: the words of a run, and its page."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anomalylab.runs.folder import Run

BESIDE_THE_RUN = Path()


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes the page at the end."""
    parser.add_argument(
        "--report",
        type=_html,
        nargs="?",
        const=BESIDE_THE_RUN,
        metavar="FILE.html",
        help="make the offline page too, as anomalylab report does (RUN/report.html)",
    )


def tell(finished: "Run", options: argparse.Namespace) -> None:
    """Print the verdict and where the run is; make its page if that was asked."""
    print(finished.verdict)
    for finding in finished.info.findings:
        if finding.severity == "warning":
            print(f"WARNING: {finding.message}")
    print(f"Run folder: {finished.folder}", flush=True)
    if finished.files_of_images:
        print(f"Labels are hidden; see what they show: anomalylab reveal {finished.folder}")
    if options.report is None:
        print(f"Make the page: anomalylab report {finished.folder}")
    else:
        from anomalylab.reports import report

        out = None if options.report == BESIDE_THE_RUN else options.report
        print(f"Open the page: {report(finished.folder, out, plugins=options.plugin)}")


def tell_in_a_line(finished: "Run", what: str, options: argparse.Namespace) -> None:
    """Print the verdict of one of several runs, what it is about and where it is, or its page."""
    place = f"Run folder: {finished.folder}"
    if options.report is not None:
        from anomalylab.reports import report

        place = f"Open the page: {report(finished.folder, plugins=options.plugin)}"
    print(f"{finished.folder.name}, {what}: {finished.verdict} {place}", flush=True)


def _html(text: str) -> Path:
    """Read the name of a page; it is told from that of DATA by its ending."""
    if Path(text).suffix.lower() not in (".html", ".htm"):
        raise argparse.ArgumentTypeError(
            f"a page ends in .html, not {text!r}; if that is DATA, write it before --report"
        )
    return Path(text)
