"""The live views by name, and what each opens: a run of its kind, or a folder of images.

Entries name what makes a page as ``module:name``, so that a view is loaded only when it is opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from anomalylab.errors import ParameterError, RunError
from anomalylab.registry import unknown_name
from anomalylab.runs.kinds import KINDS, Kind, resolve


class Opened(NamedTuple):
    """What is served: its title, and what makes a page of it for each visitor."""

    title: str
    page: Callable[[], Any]


@dataclass(frozen=True)
class RunView:
    """The live view of a kind of run.

    Parameters
    ----------
    kind : Kind
    """

    kind: Kind

    @property
    def spellings(self) -> tuple[str, ...]:
        """All names of this view, the one of the command line first."""
        return self.kind.spellings

    @property
    def is_live(self) -> bool:
        """Whether such a run has a live view at all; others are named by what they lack."""
        return self.kind.app is not None

    def opened(self, folder: Path, data: Path | None, category: str = "") -> Opened:
        """Open a run folder.

        Raises
        ------
        ParameterError
            If a category is named: a run says itself what it is of.
        RunError
            If the folder holds no finished run, a damaged one, one of another kind, or one without
            a live view.
        DatasetError
            If images that are needed, or a folder that is named, are not there.
        """
        from anomalylab.runs.folder import Run

        if category:
            raise ParameterError(
                "--category is for folders of images; a run has what it was made of"
            )
        run = Run(folder)
        if run.kind is not self.kind:
            raise RunError(
                f"{run.folder} holds {run.kind.holds}; show it with: "
                f"{run.kind.show_command(run.folder)}"
            )
        if self.kind.app is None:
            shown = self.kind.show_command(folder)
            raise RunError(f"{self.kind.words} has no live view; show it with: {shown}")
        run.check()
        return Opened(run.info.name, resolve(self.kind.app)(run, data))


@dataclass(frozen=True)
class FolderView:
    """A live view of a folder of images, of which no run was made.

    Parameters
    ----------
    words : str
        On the command line.
    app : str
        ``app(folder, category) -> callable`` that returns a page.
    """

    words: str
    app: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """All names of this view."""
        return (self.words,)

    @property
    def is_live(self) -> bool:
        """Whether there is a live view: always."""
        return True

    def opened(self, folder: Path, data: Path | None, category: str = "") -> Opened:
        """Open a folder of images; ``data`` wins over ``folder`` where it is given.

        Raises
        ------
        DatasetError
            If there is no such folder, or no image in it.
        UnknownNameError
            If it holds no such category.
        ParameterError
            If it cannot be used, such as one of several categories of which none is named.
        """
        images = folder if data is None else data
        return Opened(category or images.resolve().name, resolve(self.app)(images, category))


VIEWS: tuple[RunView | FolderView, ...] = (
    *(RunView(kind) for kind in KINDS.values()),
    FolderView("twins", "anomalylab.apps.twins.app:pages_of"),
)


def view_spelled(word: str) -> RunView | FolderView:
    """Return the live view that a person names, in any of its spellings.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    known = {spelling: view for view in VIEWS for spelling in view.spellings}
    if word not in known:
        unknown_name("live view", word, known)
    return known[word]
