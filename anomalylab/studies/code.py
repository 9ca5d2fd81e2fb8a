"""A fingerprint of the code that results depend on, so that those of other code are not read."""

import hashlib
from functools import cache
from pathlib import Path

import anomalylab

DECIDING = (
    "compute",
    "detectors",
    "features.py",
    "localise.py",
    "metrics",
    "refine",
    "studies/healed.py",
    "studies/jobs.py",
    "studies/measured.py",
    "synthesise",
    "training",
    "verdicts",
)
"""Rooms and modules whose code decides what a result is, given images, rows and detector."""


@cache
def fingerprint(rooms: tuple[str, ...] = DECIDING) -> str:
    """Return 32 hexadecimal digits that change with any of that code."""
    root, digest = Path(anomalylab.__file__).parent, hashlib.blake2b(digest_size=16)
    for name in rooms:
        path = root / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            content = file.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()
