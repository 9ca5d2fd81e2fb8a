"""Names that become paths: whether they stay in the folder that they are relative to.

They come from tables and runs that a stranger may have written, on any system, so the rules of
POSIX and of Windows both hold.
"""

import os
import re

MAX_PATH = 4096
MAX_NAME = 255
"""Bytes of a path and of each name in it."""

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:" + (r"" if os.name == "nt" else r"[/\\]"))
_SEPARATORS = re.compile(r"[/\\]")


def why_outside(path: str) -> str:
    """Return why a path is not that of a file below a folder; empty if it is.

    Parameters
    ----------
    path : str
        Relative, with slashes; links are not followed.
    """
    parts = _SEPARATORS.split(path)
    if "\0" in path or not path.strip():
        return "it is no path"
    if _ABSOLUTE.match(path):
        return "it is absolute"
    if ".." in parts:
        return "it leads out of its folder"
    sizes = [len(part.encode(errors="replace")) for part in parts]
    if max(sizes) > MAX_NAME or sum(sizes) + len(sizes) > MAX_PATH:
        return "it is too long"
    return ""


def why_no_name(name: str) -> str:
    """Return why a text is not the name of a file in a folder; empty if it is."""
    if _SEPARATORS.search(name) or name == ".":
        return "it holds a path"
    return why_outside(name)


def shortened(text: str, longest: int = 80) -> str:
    """Return a text as it is quoted in a message, cut if it is long."""
    return repr(text if len(text) <= longest else f"{text[:longest]}…")
