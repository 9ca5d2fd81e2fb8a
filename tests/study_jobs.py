"""Jobs that workers of tests get, in a module that spawned processes can import."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anomalylab.errors import ParameterError


@dataclass(frozen=True)
class Tell:
    """Gives a number, and tells in a folder who gave it, each time that it is asked."""

    number: int
    folder: Path

    def describe(self):
        return [type(self).__name__, self.number]

    def __call__(self, pool, files):
        with open(self.folder / f"{self.number}.txt", "a", encoding="utf-8") as stream:
            stream.write(f"{os.getpid()}\n")
        return {"number": np.array(self.number)}


@dataclass(frozen=True)
class TellLate(Tell):
    """Gives its number after a while."""

    def __call__(self, pool, files):
        time.sleep(0.2)
        return super().__call__(pool, files)


@dataclass(frozen=True)
class Linger(Tell):
    """Takes longer than anybody would wait."""

    def __call__(self, pool, files):
        time.sleep(600)


@dataclass(frozen=True)
class Meet(Tell):
    """Gives its number when another process is at such a job, too."""

    def __call__(self, pool, files):
        (self.folder / f"here is {os.getpid()}").touch()
        end = time.monotonic() + 60
        while len(list(self.folder.glob("here is *"))) < 2:
            assert time.monotonic() < end, "nobody came"
            time.sleep(0.01)
        return super().__call__(pool, files)


@dataclass(frozen=True)
class DieOnce(Tell):
    """Kills its process the first time that it is asked, and gives its number from then on."""

    def __call__(self, pool, files):
        mark = self.folder / f"died at {self.number}"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(pool, files)


@dataclass(frozen=True)
class Die(Tell):
    """Kills its process whenever it is asked."""

    def __call__(self, pool, files):
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Refuse(Tell):
    """Refuses, as a detector does that gets too few images."""

    def __call__(self, pool, files):
        super().__call__(pool, files)
        raise ParameterError(f"{self.number} is too few")


@dataclass(frozen=True)
class Break(Tell):
    """Fails, as for want of memory."""

    def __call__(self, pool, files):
        super().__call__(pool, files)
        raise MemoryError("no room")
