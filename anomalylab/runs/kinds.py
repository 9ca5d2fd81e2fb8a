"""The kinds of run, and what they differ in. Nothing else asks which kind a run is of.

A new kind adds one entry to :data:`KINDS`. Entries name functions and types as ``module:name``, so
that a kind is loaded only when it is used and nothing here imports the rooms above.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from anomalylab.errors import RunError
from anomalylab.registry import unknown_name


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of run.

    Parameters
    ----------
    name : str
        In code and in ``run.json``.
    words : str
        On the command line; ``name`` and ``aliases`` are accepted too.
    holds : str
        What such a run holds, for messages.
    made_by : str
        Command that makes one.
    part : str
        Type of what it adds to :class:`~anomalylab.runs.info.RunInfo`.
    request, make : str
        What the maker is asked, and the maker: ``make(request, out, replace=False) -> Run``.
    notebook : str
        Notebook that its page is made of; it lies in ``notebooks`` or in the folder of its recipe.
    app : str, optional
        ``app(run, data) -> callable`` that returns a live page; None if the page is all there is.
    score : str, optional
        ``score(run, images, out, weights=None, engine=None, max_false_alarms=None,
        calibrate_on=None, replace=False) -> Run``: how it scores new images; None if such a run
        cannot.
    instead : str, optional
        ``instead(run) -> str``: the command that makes a run of the same detector that does score
        new images, where such a run cannot.
    sensitivity : str, optional
        ``sensitivity(run, data, weights) -> Instrument``: what planted defects are measured with
        again; None if nothing can be planted.
    check : str, optional
        ``check(run)``: reads what such a run holds beside tables, or says what is damaged.
    options : str, optional
        For recipes: module with ``SUMMARY``, ``OWN``, ``add_options(parser)`` and
        ``request(options, params)``; those made by ``anomalylab run`` have none.
    learns_from : {"", "one category", "categories"}
        What its notebook makes a run of where it is given none; empty if it shows finished runs
        alone.
    aliases : tuple of str
        Older names.
    reads_images : bool
        Whether its page and app read images, so that their folder may have to be named.
    """

    name: str
    words: str
    holds: str
    made_by: str
    part: str
    request: str
    make: str
    notebook: str
    app: str | None = None
    score: str | None = None
    instead: str | None = None
    sensitivity: str | None = None
    check: str | None = None
    options: str | None = None
    learns_from: str = ""
    aliases: tuple[str, ...] = ()
    reads_images: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """All names of this kind, the one of the command line first."""
        return tuple(dict.fromkeys([self.words, self.name, *self.aliases]))

    def show_command(self, run: Path | str = "RUN") -> str:
        """Return the command that shows such a run, live if it can."""
        return f"anomalylab serve {self.words} {run}" if self.app else f"anomalylab report {run}"


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="detect",
            words="detect",
            holds="scores of detectors",
            made_by="anomalylab run",
            part="anomalylab.runs.info:DetectInfo",
            request="anomalylab.runs.request:DetectRequest",
            make="anomalylab.runs.detect:run",
            notebook="detect",
            app="anomalylab.apps.detect.app:pages_of",
            score="anomalylab.runs.score:score",
            sensitivity="anomalylab.runs.sensitivity.again:instrument_of_detectors",
            check="anomalylab.runs.folder:check_maps",
        ),
        Kind(
            name="pc_space",
            words="pc-space",
            holds="a PC space",
            made_by="anomalylab recipe pc-space",
            part="anomalylab.pc_space.info:PCSpaceInfo",
            request="anomalylab.recipes.pc_space.request:PCSpaceRequest",
            make="anomalylab.recipes.pc_space.run:run",
            notebook="pc_space",
            app="anomalylab.apps.pc_space.app:pages_of",
            score="anomalylab.recipes.pc_space.score:score",
            sensitivity="anomalylab.recipes.pc_space.sensitivity:instrument_of_run",
            check="anomalylab.pc_space.stored:check",
            options="anomalylab.recipes.pc_space.options",
            aliases=("kolektor",),
            reads_images=True,
        ),
        Kind(
            name="study",
            words="study",
            holds="a study of polluted training sets",
            made_by="anomalylab study",
            part="anomalylab.studies.info:StudyInfo",
            request="anomalylab.studies.spec:StudyRequest",
            make="anomalylab.studies.run:run",
            notebook="study",
            app="anomalylab.apps.study.app:pages_of",
        ),
        Kind(
            name="metric_learning",
            words="metric-learning",
            holds="networks that were trained to tell images apart",
            made_by="anomalylab recipe metric-learning",
            part="anomalylab.recipes.metric_learning.info:MetricLearningInfo",
            request="anomalylab.recipes.metric_learning.request:MetricLearningRequest",
            make="anomalylab.recipes.metric_learning.run:run",
            notebook="metric_learning",
            options="anomalylab.recipes.metric_learning.options",
            learns_from="categories",
        ),
        Kind(
            name="autoencoder",
            words="autoencoder",
            holds="networks that were trained to give images back",
            made_by="anomalylab recipe autoencoder",
            part="anomalylab.recipes.autoencoder.info:AutoencoderInfo",
            request="anomalylab.recipes.autoencoder.request:AutoencoderRequest",
            make="anomalylab.recipes.autoencoder.run:run",
            instead="anomalylab.recipes.autoencoder.instead:command",
            notebook="autoencoder",
            options="anomalylab.recipes.autoencoder.options",
            learns_from="one category",
        ),
        Kind(
            name="pni",
            words="pni",
            holds="PNI beside PatchCore",
            made_by="anomalylab recipe pni",
            part="anomalylab.recipes.pni.info:PNIInfo",
            request="anomalylab.recipes.pni.request:PNIRequest",
            make="anomalylab.recipes.pni.run:run",
            instead="anomalylab.recipes.pni.instead:command",
            notebook="pni",
            options="anomalylab.recipes.pni.options",
            learns_from="categories",
        ),
    )
}


def resolve(place: str) -> Any:
    """Return what ``module:name`` names, or the module if there is no name."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


def kind_called(name: str, folder: Path) -> Kind:
    """Return the kind that a run folder says it is of.

    Raises
    ------
    RunError
        If this version knows none of that name.
    """
    if name not in KINDS:
        raise RunError(
            f"{folder} is a run of the kind {name!r}, which this version does not know (it knows "
            f"{', '.join(KINDS)}); update anomalylab-vision"
        )
    return KINDS[name]


def kind_spelled(word: str) -> Kind:
    """Return the kind that a person names, in any of its spellings.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    known = dict(_spellings())
    if word not in known:
        unknown_name("kind of run", word, known)
    return known[word]


def recipes() -> list[Kind]:
    """Return the kinds that ``anomalylab recipe`` makes."""
    return [kind for kind in KINDS.values() if kind.options]


def _spellings() -> Iterator[tuple[str, Kind]]:
    for kind in KINDS.values():
        for word in kind.spellings:
            yield word, kind
