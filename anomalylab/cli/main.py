"""The command line: parse, call, print."""

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalylab import __version__
from anomalylab.cli.options import (
    CommandParser,
    add_command,
    add_data,
    add_plugin,
    dataset_params,
)
from anomalylab.cli.recipe import add_recipe
from anomalylab.errors import AnomalyLabError

DETECTOR_HELP = (
    "detector, as NAME[@PRESET][:option=value,...], for example patchcore, padim@sroc or "
    "patchcore:k=5,coreset=0.1; may be given several times, the first gives the verdict"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused, 2 misused, 130 stopped."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        for plugin in getattr(options, "plugin", []):
            _load_plugin(plugin)
        options.call(options)
    except KeyboardInterrupt:
        print("stopped; what was computed is kept, run the same command to go on", file=sys.stderr)
        return 130
    except AnomalyLabError as error:
        if options.debug:
            traceback.print_exc()
        print(f"anomalylab {options.command}: {error}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="anomalylab",
        description="Find the odd images in a folder of product images, and see why they are odd.",
        epilog="Start with: anomalylab demo. Each command has its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"anomalylab {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=CommandParser
    )
    for add in (_demo, _check, _run, add_recipe, _report, _score, _serve, _notebook, _doctor):
        add(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _demo(commands) -> None:
    parser = add_command(
        commands, "demo", _call_demo, "run and report built-in images, to see what comes out"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("reports/demo"), help="run folder (%(default)s)"
    )
    parser.add_argument("--category", help="surface: brick, grass, gravel, fabric or part")


def _check(commands) -> None:
    summary = "say what a folder holds and what each image will be used for"
    add_command(commands, "check", _call_check, summary, _fill_check)


def _fill_check(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    _add_images(parser)


def _run(commands) -> None:
    summary = "score a folder of images and write a run folder"
    add_command(commands, "run", _call_run, summary, _fill_run)


def _fill_run(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    _add_images(parser)
    parser.add_argument(
        "--detector", action="append", default=[], metavar="NAME", help=DETECTOR_HELP
    )
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
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of everything drawn (%(default)s)"
    )
    parser.add_argument("-o", "--out", type=Path, help="run folder (reports/ and the name of DATA)")


def _report(commands) -> None:
    parser = add_command(commands, "report", _call_report, "make one offline HTML page of a run")
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="folder that anomalylab run or recipe wrote"
    )
    parser.add_argument("-o", "--out", type=Path, help="HTML file (RUN/report.html)")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="runs of a recipe: where the images are now"
    )
    add_plugin(parser)


def _score(commands) -> None:
    parser = add_command(
        commands, "score", _call_score, "apply a finished run to new images, without fitting"
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder that anomalylab run wrote")
    parser.add_argument("images", type=Path, metavar="IMAGES", help="folder of new images")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--weights", metavar="FILE", help="weights file, if the run was made with one"
    )
    add_plugin(parser)


def _serve(commands) -> None:
    parser = add_command(commands, "serve", _call_serve, "show a run live in a browser")
    parser.add_argument("app", choices=["detect", "pc-space"], help="which app")
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="folder that anomalylab run or recipe wrote"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="pc-space: where the images are now"
    )
    parser.add_argument("--port", type=int, default=5006, help="port on this machine (%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def _notebook(commands) -> None:
    parser = add_command(
        commands, "notebook", _call_notebook, "write a filled copy of a notebook to work on"
    )
    parser.add_argument("name", choices=["detect", "pc_space"], help="which notebook")
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="folder that anomalylab run or recipe wrote"
    )
    parser.add_argument("-o", "--out", type=Path, help="notebook file (NAME.ipynb in this folder)")


def _doctor(commands) -> None:
    parser = add_command(
        commands, "doctor", _call_doctor, "show versions, weights, threads and the cache"
    )
    parser.add_argument(
        "--clear-cache", action="store_true", help="delete everything that was cached"
    )


def _add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backbone", default="lite0", help="network that describes the images (%(default)s)"
    )
    parser.add_argument("--levels", help="levels of the backbone, as block4,block6")
    parser.add_argument(
        "--size", help="N or HxW: pixels that images are resized to (the backbone's own)"
    )
    parser.add_argument(
        "--intensity",
        default="full",
        help="how 16-bit and float pixels are read: full, or range:LO,HI (%(default)s)",
    )
    parser.add_argument(
        "--resize", default="bilinear", choices=["bilinear", "area"], help="(%(default)s)"
    )


def _request(options: argparse.Namespace):
    from anomalylab.images.read import parse_size
    from anomalylab.runs.request import DEFAULT_DETECTORS, DetectorChoice, Request

    choices = tuple(DetectorChoice.parse(text) for text in getattr(options, "detector", []))
    extra: dict[str, Any] = {
        name: getattr(options, name)
        for name in ("weights", "smoothing", "max_fpr", "seed")
        if hasattr(options, name)
    }
    return Request(
        data=options.data,
        dataset=options.dataset,
        dataset_params=dataset_params(options),
        detectors=choices or DEFAULT_DETECTORS,
        backbone=options.backbone,
        levels=tuple(options.levels.split(",")) if options.levels else None,
        size=parse_size(options.size) if options.size else None,
        intensity=options.intensity,
        resize=options.resize,
        plugins=tuple(options.plugin),
        **extra,
    )


def _call_demo(options: argparse.Namespace) -> None:
    from anomalylab.cli.demo import run_demo
    from anomalylab.reports import report

    run = run_demo(options.out, category=options.category)
    print(run.verdict)
    print(f"Open the page: {report(run.folder)}")


def _call_check(options: argparse.Namespace) -> None:
    from anomalylab.cli.check import describe

    print(describe(_request(options)))


def _call_run(options: argparse.Namespace) -> None:
    from anomalylab.runs.detect import run

    request = _request(options)
    name = options.data.resolve().stem if options.data else request.dataset
    finished = run(request, options.out or Path("reports", name))
    print(finished.verdict)
    print(f"Run folder: {finished.folder}\nMake the page: anomalylab report {finished.folder}")


def _call_report(options: argparse.Namespace) -> None:
    from anomalylab.reports import report

    print(report(options.run, options.out, plugins=options.plugin, data=options.data))


def _call_score(options: argparse.Namespace) -> None:
    from anomalylab.reports import report
    from anomalylab.runs.score import score

    run = score(options.run, options.images, options.out, weights=options.weights)
    print(run.verdict)
    print(f"Table: {run.folder / 'scores.csv'}\nOpen the page: {report(run.folder)}")


def _call_serve(options: argparse.Namespace) -> None:
    from anomalylab.apps import serve

    show = not options.no_browser
    serve(options.app, options.run, data=options.data, port=options.port, show=show)


def _call_notebook(options: argparse.Namespace) -> None:
    from anomalylab.reports import working_copy

    out = options.out or Path(f"{options.name}.ipynb")
    print(working_copy(options.name, options.run, out))


def _call_doctor(options: argparse.Namespace) -> None:
    from anomalylab.cli import doctor

    if options.clear_cache:
        print(doctor.clear())
    print(doctor.describe())


def _load_plugin(path: Path) -> None:
    from anomalylab.runs.plugins import load

    load(path)
