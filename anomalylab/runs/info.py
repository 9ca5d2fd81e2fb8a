"""What ``run.json`` holds, typed: fields of every run, and a part for each kind of run.

This is the one place that reads and writes that file. An older file is brought up to today's
fields when it is read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from anomalylab.errors import RunError
from anomalylab.runs.checked_names import check_detectors, check_way
from anomalylab.runs.course import TrainingInfo
from anomalylab.runs.files import guarded
from anomalylab.runs.kinds import KINDS, kind_called, resolve
from anomalylab.schema import SCHEMA_VERSION

FILE = "run.json"

P = TypeVar("P")


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """Where images came from; ``path`` leads from the run folder to them, None if not kept."""

    loader: str
    root_name: str
    category: str
    fingerprint: str
    params: dict[str, Any] = field(default_factory=dict)
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class VerdictInfo:
    """What one detector found, in words.

    Parameters
    ----------
    kind : str
        ``measured``, ``suspects``, ``clean`` or ``undecidable``.
    sentence, reason : str
    n_suspects : int, optional
    expected_by_chance : float, optional
        Suspects expected if all images were normal.
    training : str
        A sentence on the training set, if it is not what was judged; on the threshold shown first,
        if it is another than that of the verdict.
    seen, unknown : str
        What would have stood out, and what stays unknown with how few looks would settle it.
    """

    kind: str
    sentence: str
    reason: str = ""
    n_suspects: int | None = None
    expected_by_chance: float | None = None
    training: str = ""
    seen: str = ""
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class FindingInfo:
    """What the check of the data noticed."""

    severity: str
    message: str
    advice: str = ""
    n: int = 0
    paths: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PluginInfo:
    """A file that was imported first."""

    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ScoredWith:
    """The finished run that new images were scored with."""

    run: str
    dataset: DatasetInfo


@dataclass(frozen=True, kw_only=True)
class ExtractorInfo:
    """The network: its name, weights, and what decides the features it gives."""

    name: str
    fingerprint: str
    weights: str
    size: tuple[int, int]
    engine: str = "torch"
    architecture: str = ""
    weights_digest: str | None = None
    levels: list[str] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DetectorInfo:
    """A detector with its parameters and the levels it used; ``training`` if it was trained."""

    params: dict[str, Any]
    levels: list[str]
    name: str = ""
    training: TrainingInfo | None = None


@dataclass(frozen=True, kw_only=True)
class ImageKindInfo:
    """Which of several kinds of images in a folder a run is about, ``number`` from 1."""

    number: int
    n_kinds: int


@dataclass(frozen=True, kw_only=True)
class DetectInfo:
    """The part of a run of detectors; ``image_kind`` if it is about some images of its folder."""

    extractor: ExtractorInfo
    detectors: dict[str, DetectorInfo]
    smoothing: float
    resize: str = "bilinear"
    image_kind: ImageKindInfo | None = None

    @property
    def display(self) -> dict[str, Any]:
        """What makes the maps shown of score maps: options of ``localise.anomaly_map``."""
        return {"smoothing": self.smoothing, "network_size": self.extractor.size}


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What every run says of itself, and the part of its kind.

    Parameters
    ----------
    kind : str
        A name of :data:`anomalylab.runs.kinds.KINDS`.
    part : object
        What its kind adds, of the type named there; see :meth:`part_of`.
    verdicts : dict
        Detector -> verdict, in the order asked for; the first one speaks for the run.
    broken : list of dict
        ``path`` and ``reason`` of images that were set aside.
    """

    kind: str
    name: str
    created: str
    anomalylab_version: str
    command: str
    is_unlabelled: bool
    dataset: DatasetInfo
    verdicts: dict[str, VerdictInfo]
    part: Any
    intensity: str = "full"
    max_fpr: float = 0.3
    seed: int = 0
    training_ids: list[str] = field(default_factory=list)
    findings: list[FindingInfo] = field(default_factory=list)
    broken: list[dict[str, str]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    threads: int = 0
    plugins: list[PluginInfo] = field(default_factory=list)
    scored_with: ScoredWith | None = None

    def part_of(self, wanted: type[P]) -> P:
        """Return what the kind of this run adds.

        Raises
        ------
        RunError
            If the run is of another kind.
        """
        if not isinstance(self.part, wanted):
            kind = KINDS[self.kind]
            raise RunError(f"the run {self.name!r} holds {kind.holds}; use: {kind.show_command()}")
        return self.part


def read_info(folder: Path) -> RunInfo:
    """Read ``run.json`` of a finished run.

    Raises
    ------
    RunError
        If there is none, it is damaged, lacks a field, or is of a newer version or unknown kind.
    """
    path = folder / FILE
    if not path.is_file():
        raise RunError(f"{folder} holds no finished run ({FILE} is missing); make one with run")
    with guarded(path):
        stored = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(stored, dict) or not isinstance(stored.get("schema_version"), int):
        raise RunError(f"{path} lacks the field schema_version; is it the {FILE} of a run?")
    version = stored.pop("schema_version")
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{folder} was written with schema {version}, this version "
            f"reads up to {SCHEMA_VERSION}; update anomalylab-vision"
        )
    with guarded(path):
        return _typed(stored if version == SCHEMA_VERSION else _upgraded(stored), path)


def write_info(info: RunInfo, folder: Path) -> None:
    """Write ``run.json``."""
    fields: dict[str, Any] = plain(info)
    part = fields.pop("part")
    stored = {"schema_version": SCHEMA_VERSION, **fields, info.kind: part}
    text = json.dumps(stored, indent=2, ensure_ascii=False)
    (folder / FILE).write_text(text, encoding="utf-8")


def plain(info: Any) -> Any:
    """Turn dataclasses into dictionaries, lists, texts and numbers, fit for JSON."""
    return msgspec.to_builtins(info, enc_hook=_plain_number)


def _plain_number(value: Any) -> Any:
    """Turn a number of numpy into one of Python."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written to {FILE}")


def _typed(stored: dict[str, Any], path: Path) -> RunInfo:
    name = stored.get("kind")
    if not isinstance(name, str):
        raise RunError(f"{path} lacks the field kind; make the run again")
    kind = kind_called(name, path.parent)
    part = _converted(stored.pop(name, None), resolve(kind.part), path, f"{name}.")
    info = _converted({**stored, "part": None}, RunInfo, path)
    check_detectors([*info.verdicts, *getattr(part, "detectors", ())], path)
    check_way(info.dataset.path, path)
    if not info.verdicts:
        raise RunError(f"{path} names no detector in the field verdicts; make the run again")
    return replace(info, part=part)


def _converted(stored: Any, wanted: type[P], path: Path, prefix: str = "") -> P:
    """Check every field, and name the one that is missing or of a wrong type."""
    try:
        return msgspec.convert(stored, wanted)
    except msgspec.ValidationError as error:
        raise RunError(f"{path} {_in_words(str(error), prefix)}; make the run again") from error


def _in_words(message: str, prefix: str) -> str:
    what, _, where = message.partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".")
    missing = re.search(r"missing required field `(.+)`", what)
    if missing:
        return f"lacks the field {prefix}{place + '.' if place else ''}{missing[1]}"
    if not place:
        return f"lacks the field {prefix.rstrip('.')}"
    return f"has a wrong value in the field {prefix}{place} ({what[:1].lower()}{what[1:]})"


def _upgraded(stored: dict[str, Any]) -> dict[str, Any]:
    """Bring what version 1 wrote up to today's fields."""
    recipe = stored.pop("recipe", None)
    kind = {None: "detect", "kolektor": "pc_space"}.get(recipe, recipe)
    upgraded = {**stored, "kind": kind, "findings": _findings_of_1(stored)}
    if kind == "detect":
        names = ("extractor", "detectors", "smoothing", "resize")
        upgraded["detect"] = {name: stored[name] for name in names if name in stored}
    elif kind == "pc_space":
        supervised: Mapping[str, Any] = stored.get("supervised", {})
        upgraded["pc_space"] = {
            **stored.get("pc_space", {}),
            "why_no_odds": supervised.get("reason", ""),
            "labelled_ids": stored.get("labelled_ids", []),
        }
    return upgraded


def _findings_of_1(stored: dict[str, Any]) -> list[dict[str, Any]]:
    findings = stored.get("findings", [])
    return [{"message": finding.get("what", ""), **finding} for finding in findings]
