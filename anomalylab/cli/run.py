"""The command ``run``: score a folder of images and write a run folder."""

import argparse

from anomalylab.cli.options import (
    add_command,
    add_data,
    add_images,
    add_max_false_alarms,
    add_out,
    default_out,
    detect_request,
    printable,
)
from anomalylab.cli.outcome import BESIDE_THE_RUN, add_report, tell, tell_in_a_line
from anomalylab.errors import ParameterError
from anomalylab.progress import stage
from anomalylab.recipes.options import add_seed, add_sensitivity

DETECTOR_HELP = (
    "detector, as NAME[@PRESET][:option=value,...], for example patchcore, padim@sroc or "
    "patchcore:k=5,coreset=0.1; may be given several times, the first gives the verdict; auto, the "
    "default, chooses among six by defects that are planted in copies of the images; cutpaste "
    "trains a network, as cutpaste@cpu:epochs=5"
)


def add(commands) -> None:
    """Add the command to those of the parser."""
    add_command(commands, "run", call, "score a folder of images and write a run folder", _fill)


def _fill(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--hide-labels",
        action="store_true",
        help="run as if nothing were known of the images; labels are kept aside for anomalylab "
        "reveal, and no page or table shows them",
    )
    add_images(parser)
    _add_detectors(parser)
    parser.add_argument(
        "--weights", metavar="FILE", help="weights of the backbone: a file, or 'random'"
    )
    parser.add_argument(
        "--smoothing",
        type=float,
        default=4.0,
        metavar="PX",
        help="Gaussian smoothing of anomaly maps, in pixels of the resized image (%(default)s)",
    )
    parser.add_argument(
        "--max-fpr",
        type=float,
        default=0.3,
        help="false-positive rate up to which AU-PRO and AU-IoU integrate (%(default)s)",
    )
    add_max_false_alarms(parser)
    add_seed(parser)
    add_sensitivity(parser, "what would have been seen")
    parser.add_argument(
        "--per-cluster",
        action="store_true",
        help="find the kinds of images in the folder, as of two products, and run each by itself, "
        "in kind-1, kind-2 and so on within the run folder (reports/, the name of DATA and -kinds)",
    )
    add_out(parser)
    add_report(parser)


def _add_detectors(parser: argparse.ArgumentParser) -> None:
    """Add the options that name detectors, or what they are chosen from."""
    parser.add_argument(
        "--detector", action="append", default=[], metavar="NAME", help=DETECTOR_HELP
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="let auto choose among detectors that train a network, too; how long these take is "
        "said first",
    )
    parser.add_argument(
        "--refine",
        nargs="?",
        const="",
        metavar="OPTIONS",
        help="let a network that learns from drawn defects refine the maps of the named detectors; "
        "its options as name=value,..., for example blend=0.5,epochs=20",
    )


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    if options.per_cluster:
        _call_per_cluster(options)
        return
    with stage("start"):
        from anomalylab.runs.detect import run

        request = detect_request(options)
    out = options.out or default_out(options.data, str(request.dataset))
    tell(run(request, out, replace=options.replace), options)


def _call_per_cluster(options: argparse.Namespace) -> None:
    """Run each kind of images by itself, and print a line for each."""
    if options.report not in (None, BESIDE_THE_RUN):
        raise ParameterError(
            "--per-cluster makes a page for each kind of images; give --report without a file"
        )
    with stage("start"):
        from anomalylab.runs.per_cluster import run_per_cluster

        request = detect_request(options)
    usual = default_out(options.data, str(request.dataset))
    out = options.out or usual.with_name(f"{usual.name}-kinds")
    for finished, typical in run_per_cluster(request, out, replace=options.replace):
        tell_in_a_line(finished, f"{len(finished.samples)} images as {printable(typical)}", options)
