"""Follow a page word for word: write its files, type its commands, run its cells.

A block whose first line is a comment with a path is that file, or, as ``diff``, a change of it.
Other blocks of ``python`` are cells of one notebook, and blocks of ``bash`` are typed. A comment
above a block, as in ``<!-- not run: why -->``, excuses it.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"(?P<excuse><!-- not run: (?P<why>.+?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>[a-z]+)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
CHECKOUT = ("anomalylab", "notebooks", "tests")
"""What a change of the package touches."""
FILE = re.compile(r"(?:#|//|/\*|\{#) ([\w./-]+\.\w+)(?: \*/| #\})?\n")


@dataclass(frozen=True)
class Step:
    """A block of a page: what it is, and why it is not followed, if it is not."""

    kind: str
    text: str
    excuse: str | None = None

    @property
    def path(self):
        return FILE.match(self.text)[1]


def steps(page):
    """The blocks of a page in order."""
    found = []
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        text = re.sub(rf"^{block['indent']}", "", block["text"], flags=re.MULTILINE)
        is_file = FILE.match(text) and block["language"] != "diff"
        kind = "file" if is_file else block["language"]
        if kind in ("file", "diff", "bash", "python"):
            found.append(Step(kind, text, block["why"]))
    return found


class Follower:
    """A reader in an empty folder, with some images and, where a page changes it, the checkout."""

    def __init__(self, folder):
        self.folder = folder
        self.cells = []
        write_images(folder / "my_images/monday", 20)
        write_images(folder / "my_images/tuesday", 8, n_odd=2)
        write_images(folder / "new_images", 3, n_odd=1)
        self._put_command()

    def follow(self, page):
        """Do what a page says; return what its commands and cells printed, step by step."""
        wanted = [step for step in steps(page) if step.excuse is None]
        if any(is_ours(step) for step in wanted):
            self.take_checkout()
        return [getattr(self, step.kind)(step) for step in wanted]

    def take_checkout(self):
        """Copy the checkout; tests of a page may run there too."""
        for name in CHECKOUT:
            shutil.copytree(
                ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )

    def file(self, step):
        path = self.folder / step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")

    def diff(self, step):
        """Change a file where the lines that stay and go stand in it, which must be one place."""
        _, *lines = step.text.splitlines(keepends=True)
        before, after = (
            "".join(line[1:] or "\n" for line in lines if line[0] != sign) for sign in "+-"
        )
        path = self.folder / step.path
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{step.path} does not hold once:\n{before}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def touched(self):
        """Files of the checkout that are changed, and those that are new."""
        mine = {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for name in CHECKOUT
            for path in sorted((self.folder / name).rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        }
        new = {name for name in mine if not (ROOT / name).exists()}
        changed = {name for name in set(mine) - new if mine[name] != (ROOT / name).read_bytes()}
        return changed, new

    def bash(self, step):
        return self._run(["bash", "-euo", "pipefail", "-c", step.text], step.text)

    def python(self, step):
        self.cells.append(step.text)
        script = self.folder / "cells.py"
        script.write_text("\n".join(self.cells), encoding="utf-8")
        return self._run([sys.executable, script.name], step.text)

    def refusal(self, words):
        """What a command that is refused says."""
        done = self._done(["bash", "-c", f"anomalylab {words}"])
        assert done.returncode, done.stdout
        return done.stderr

    def _run(self, command, text):
        done = self._done(command)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _done(self, command):
        return subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True
        )

    def _environment(self):
        paths = [str(self.folder), *filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])]
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(paths),
            "OMP_NUM_THREADS": "1",
        }

    def _put_command(self):
        command = self.folder / "bin" / "anomalylab"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m anomalylab "$@"\n')
        command.chmod(0o755)


def is_ours(step):
    """Whether a step changes the checkout."""
    if step.kind in ("file", "diff"):
        return step.path.startswith(CHECKOUT)
    return any(f" {name}/" in step.text for name in CHECKOUT)


def write_images(folder, n_images, *, n_odd=0):
    """Grey noise with a bright bar; in the last ones the bar is broken, and they are named so."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(n_images)
    for number in range(n_images):
        is_odd = number >= n_images - n_odd
        pixels = rng.normal(110, 8, (64, 64))
        pixels[24:40] += 90
        if is_odd:
            pixels[20:44, 20:44] = 20
        name = f"part_{number:03d}{'_odd' if is_odd else ''}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
