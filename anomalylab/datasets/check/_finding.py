"""One thing that somebody should know about a data set."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_N_SHOWN = 20  # paths kept

SEVERITIES = ("error", "warning", "note")
"""error: nothing can be computed; warning: results may mislead; note: good to know."""


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should know about a data set.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
        Nothing can be computed; results may mislead; good to know.
    what : str
        Short name of the kind of finding, the same in every version.
    message : str
        What was found, in a sentence.
    advice : str
        What to do, or ``""``.
    n : int
        Number of images or files concerned.
    paths : list of str
        The first of them.
    """

    severity: str
    what: str
    message: str
    advice: str = ""
    n: int = 0
    paths: list[str] = field(default_factory=list)


def about(
    severity: str, what: str, paths: Iterable[str], message: str, advice: str = ""
) -> list[Finding]:
    """Return a list of one finding about files, or none if there are no files.

    ``{images}``, ``{files}`` and ``{masks}`` in the message stand for their number and the word, as
    in ``1 image`` and ``3 images``.
    """
    paths = sorted(paths)
    if not paths:
        return []
    text = in_number(message, len(paths))
    return [Finding(severity, what, text, advice, len(paths), paths[:_N_SHOWN])]


def in_number(message: str, n: int) -> str:
    """Fill ``{images}``, ``{files}`` and ``{masks}`` of a message."""
    words = {noun: f"{n} {noun[:-1] if n == 1 else noun}" for noun in ("images", "files", "masks")}
    return message.format(**words)
