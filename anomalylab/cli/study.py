"""The command ``study``: a declared grid of polluted and refined training sets, into tables."""

import argparse
from pathlib import Path
from typing import Any

from anomalylab.cli.options import add_command, add_out, add_plugin, default_out
from anomalylab.cli.outcome import add_report, tell
from anomalylab.errors import ParameterError
from anomalylab.progress import stage

PLACES = ("none", "network", "mask")
"""Where maps may be compared with masks; written here, too, so that --help loads no tables."""

_OWN = (
    ("--dataset", "NAME", "data", "dataset", "layout of the folder (found out if not given)"),
    ("--images", "DIR", "data", "images", "folder that the paths of a table start from"),
    ("--backbone", "NAME", "features", "backbone", "network that describes the images"),
    ("--weights", "FILE", "features", "weights", "weights of the backbone: a file, or 'random'"),
    ("--size", "PX", "features", "size", "pixels that images are resized to: N or HxW"),
)


def add(commands) -> None:
    """Add the command to those of the parser."""
    summary = "pollute training sets, refine them, and measure what becomes of detectors"
    parser = add_command(commands, "study", call, summary, _fill)
    parser.epilog = (
        "What is computed is kept in the cache: repeat an interrupted command and it goes on."
    )


def _fill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        type=Path,
        nargs="?",
        metavar="FILE.toml|DATA",
        help="the study as a TOML file, or with --preset its folder of images",
    )
    parser.add_argument(
        "--preset", metavar="NAME", help="a study that is built in: cutpaste, quick, sroc-paper"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="tell cells, time and memory, and compute nothing"
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that compute (%(default)s)"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask cluster compute, as tcp://host:8786",
    )
    group = parser.add_argument_group("instead of what the file or the preset says")
    group.add_argument(
        "--detector", action="append", metavar="NAME", help="as of run; may be given several times"
    )
    group.add_argument(
        "--category", action="append", metavar="NAME", help="product; may be given several times"
    )
    group.add_argument(
        "--refine",
        nargs="?",
        const="",
        metavar="OPTIONS",
        help="as of run: let a network refine the maps of the detectors, name=value,...",
    )
    for flag, metavar, _, _, words in _OWN:
        group.add_argument(flag, metavar=metavar, help=words)
    group.add_argument(
        "--places",
        choices=PLACES,
        help="whether maps are compared with masks: at the size of the network, or of the masks",
    )
    add_plugin(parser)
    add_out(parser)
    add_report(parser)


def call(options: argparse.Namespace) -> None:
    """Carry out the command."""
    with stage("start"):
        from anomalylab.studies.crew import Crew, cluster, processes
        from anomalylab.studies.plan import plan
        from anomalylab.studies.run import run
        from anomalylab.studies.toml import presets, read_study

    is_file = options.what is not None and options.what.suffix.lower() == ".toml"
    if is_file == bool(options.preset):
        raise ParameterError(
            "name a study as a TOML file, or one that is built in with --preset: "
            + ", ".join(presets())
        )
    given, words = _given(options, is_file)
    file = options.what if is_file else None
    request = read_study(
        file, preset=options.preset, given=given, options=words, plugins=tuple(options.plugin)
    )
    if options.dry_run:
        print(plan(request, options.workers))
        return
    crew = (
        Crew(cluster(options.scheduler), embeds=True)
        if options.scheduler
        else Crew(processes(options.workers))
    )
    out = options.out or _default_out(options, is_file)
    finished = run(
        request,
        out,
        replace=options.replace,
        crew=crew,
    )
    tell(finished, options)


def _given(options: argparse.Namespace, is_file: bool) -> tuple[dict[str, Any], list[str]]:
    """Return what the options say, laid out as a study file, and as words of the command."""
    given: dict[str, Any] = {}
    words: list[str] = []
    if options.what is not None and not is_file:
        given["data"] = {"path": str(options.what)}
    if options.detector:
        given["detectors"] = options.detector
        words += [word for name in options.detector for word in ("--detector", name)]
    if options.refine is not None:
        given["refine"] = options.refine
        words.append(f"--refine={options.refine}")
    if options.category:
        given.setdefault("data", {})["category"] = options.category
        words += [word for name in options.category for word in ("--category", name)]
    for flag, _, table, key, _ in (*_OWN, ("--places", "", "metrics", "places", "")):
        value = getattr(options, flag.removeprefix("--"))
        if value is not None:
            given.setdefault(table, {})[key] = value
            words += [flag, Path(value).name if key == "weights" else value]
    return given, words


def _default_out(options: argparse.Namespace, is_file: bool) -> Path:
    if is_file:
        return Path("reports", options.what.stem)
    usual = default_out(options.what, "study")
    return usual if options.what is None else usual.with_name(f"{usual.name}-study")
