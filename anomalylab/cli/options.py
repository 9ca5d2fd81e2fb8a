"""Parts that several commands share: how one is added, and the options that name images."""

import argparse
import contextlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomalylab.errors import AnomalyLabError, UnknownNameError
from anomalylab.recipes.options import add_group_by, add_intensity
from anomalylab.runs.kinds import KINDS, Kind, kind_spelled

if TYPE_CHECKING:
    from anomalylab.runs.request import DetectRequest


ENGINES = ("auto", "torch", "openvino")
"""What may run a network; written here, too, so that --help loads no network."""


class CommandParser(argparse.ArgumentParser):
    """Parser of a command, which learns its arguments when the command is given.

    Then only is it known which plugins there are, whose data sets may have options of their own.
    """

    fill: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(self, args=None, namespace=None):
        """Parse, with the arguments of this command added first."""
        if self.fill is not None:
            _load_named_plugins(args)
            self.fill(self)
            self.fill = None
        return super().parse_known_args(args, namespace)


def add_command(
    commands,
    name: str,
    call: Callable,
    summary: str,
    fill: Callable[[argparse.ArgumentParser], None] | None = None,
    aliases: Sequence[str] = (),
) -> argparse.ArgumentParser:
    """Add a command that is carried out by ``call(options)``.

    Parameters
    ----------
    commands
        What ``add_subparsers`` of a parser returned.
    name : str
    call : callable
    summary : str
        Begins in lower case and ends without a full stop.
    fill : callable, optional
        Adds the arguments of a command that has those of :func:`add_data`.
    aliases : sequence of str
        Other names of the command.
    """
    parser = commands.add_parser(
        name, aliases=aliases, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.set_defaults(call=call)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.fill = fill
    return parser


def add_data(parser: argparse.ArgumentParser, own: Collection[str] = ()) -> None:
    """Add the options that say which images, and what is known of them.

    Parameters
    ----------
    parser : ArgumentParser
    own : collection of str
        Parameters of loaders for which the command has an option of its own.
    """
    from anomalylab import datasets

    parser.add_argument(
        "data",
        type=Path,
        nargs="?",
        metavar="DATA",
        help="folder of images, or a CSV or parquet table of their paths",
    )
    layouts = ", ".join(name for name in datasets.registry if name != "textures")
    parser.add_argument(
        "--dataset",
        help=f"layout of the folder (found out if not given): {layouts}. Without DATA: textures "
        "for the built-in images, elpv for those of the package elpv-dataset",
    )
    for name, option in datasets.registry.options().items():
        if name not in own:
            parser.add_argument(
                flag_of(name),
                action="append" if option.many else "store",
                help=option.help.replace("%", "%%"),
                metavar=option.metavar,
                choices=option.choices or None,
                type=option.read,
            )
    add_plugin(parser)


def add_images(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how images are read and described."""
    parser.add_argument(
        "--backbone", default="lite0", help="network that describes the images (%(default)s)"
    )
    parser.add_argument("--levels", help="levels of the backbone, as block4,block6")
    parser.add_argument(
        "--engine",
        default=ENGINES[0],
        choices=ENGINES,
        help="what runs the network; auto: the fastest that is installed (%(default)s)",
    )
    parser.add_argument(
        "--size",
        help="pixels that images are resized to: HxW, or N for their own shape in the area of "
        "N x N (the backbone's own N); several, as 224,320, are compared like detectors",
    )
    add_intensity(parser)
    parser.add_argument(
        "--resize", default="bilinear", choices=["bilinear", "area"], help="(%(default)s)"
    )
    add_group_by(parser)


def detect_request(options: argparse.Namespace) -> "DetectRequest":
    """Return what ``run`` and ``check`` are asked."""
    from anomalylab.images.read import parse_size
    from anomalylab.runs.detector_choice import read_options
    from anomalylab.runs.request import DEFAULT_DETECTORS, DetectorChoice, DetectRequest

    choices = tuple(DetectorChoice.parse(text) for text in getattr(options, "detector", []))
    extra: dict[str, Any] = {
        name: getattr(options, name)
        for name in (
            "weights",
            "smoothing",
            "max_fpr",
            "seed",
            "sensitivity",
            "hide_labels",
            "thorough",
        )
        if hasattr(options, name)
    }
    sizes = [parse_size(text) for text in options.size.split(",")] if options.size else []
    refine = getattr(options, "refine", None)
    extra["refine"] = None if refine is None else read_options("refine", refine)
    extra["max_false_alarms"] = rate_named(getattr(options, "max_false_alarms", None))
    return DetectRequest(
        data=options.data,
        dataset=options.dataset,
        dataset_params=dataset_params(options),
        detectors=choices or DEFAULT_DETECTORS,
        backbone=options.backbone,
        engine=options.engine,
        levels=tuple(options.levels.split(",")) if options.levels else None,
        size=sizes[0] if sizes else None,
        sizes=tuple(sizes[1:]),
        intensity=options.intensity,
        resize=options.resize,
        group_by=options.group_by,
        plugins=tuple(options.plugin),
        **extra,
    )


def add_max_false_alarms(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the threshold which views start from."""
    parser.add_argument(
        "--max-false-alarms",
        metavar="RATE",
        help="share of good images that may lie beyond the threshold shown first, as 0.05 or 5%%; "
        "n good images can promise 1 in n + 1 at the lowest",
    )


def rate_named(text: str | None) -> float | None:
    """Return the rate of false alarms that was typed, None if none was."""
    from anomalylab.verdicts.threshold import read_rate

    return None if text is None else read_rate(text)


def flag_of(parameter: str) -> str:
    """Return the option of a loader's parameter, as it is typed."""
    return "--" + parameter.replace("_", "-")


def dataset_params(options: argparse.Namespace) -> dict[str, object]:
    """Return the parameters of the data set's loader that were given."""
    from anomalylab import datasets

    given = {name: getattr(options, name) for name in datasets.registry.options()}
    return {name: value for name, value in given.items() if value is not None}


def add_plugin(parser: argparse.ArgumentParser) -> None:
    """Add the option that loads parts from Python files."""
    parser.add_argument(
        "--plugin",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers a part; may be given several times",
    )


def _load_named_plugins(args: Sequence[str] | None) -> None:
    """Load the plugins that are named, as far as they load; the command reports those that fail."""
    from anomalylab.runs.plugins import load

    parser = argparse.ArgumentParser(add_help=False)
    add_plugin(parser)
    for path in parser.parse_known_args(args)[0].plugin:
        with contextlib.suppress(AnomalyLabError):
            load(path)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a finished run."""
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="folder that anomalylab run or recipe wrote"
    )


def add_whose_scores(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses one of the detectors of a run."""
    parser.add_argument("--detector", default="", help="whose scores (those of the verdict)")


def add_kept_weights(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where the weights that a run was made with are now."""
    parser.add_argument(
        "--weights", metavar="FILE", help="weights file, if the run was made with one"
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the run folder to write."""
    parser.add_argument("-o", "--out", type=Path, help="run folder (reports/ and the name of DATA)")
    add_replace(parser)


def add_replace(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets a run of other images be replaced."""
    parser.add_argument(
        "--replace", action="store_true", help="replace what was made of other images"
    )


def default_out(data: Path | None, otherwise: str) -> Path:
    """Return the run folder of a command that names none: reports/ and the name of its images."""
    if data is None:
        return Path("reports", otherwise)
    path = data.resolve()
    return Path("reports", path.name if path.is_dir() else path.stem)


def add_moved_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where the images of a run are now."""
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where the images are now, if they were moved"
    )


def kind_named(word: str) -> Kind:
    """Read a kind of run in any of its spellings."""
    try:
        return kind_spelled(word)
    except UnknownNameError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_kind(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the argument that names a kind of run."""
    words = ", ".join(kind.words for kind in KINDS.values())
    parser.add_argument("kind", type=kind_named, metavar="KIND", help=f"{what}: {words}")


def printable(text: str) -> str:
    """Return a text from the data without letters that would steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
