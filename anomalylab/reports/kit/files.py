"""Where files lie seen from one another."""

import os
from pathlib import Path


def relative(path: Path, start: Path) -> str:
    """Return where ``path`` is seen from ``start``, in POSIX form; both must be resolved."""
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
