"""Where files lie seen from one another, and files that are there whole or not at all."""

import os
from pathlib import Path


def relative(path: Path, start: Path) -> str:
    """Return where ``path`` is seen from ``start``, in POSIX form; both must be resolved."""
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is there whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
