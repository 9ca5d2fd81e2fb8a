"""What long work is at: one line on the terminal, with what is done, of how many, and time left.

Work is told in stages; inside a stage, loops count. Loops inside a loop move it by parts of its
step. Lines go to the standard error where that is a terminal, into the cell that runs where it is
a notebook, and to nowhere else; the first one after two seconds of silence.
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

SHOW_AFTER = 2.0
"""Seconds of silence after which a line is shown; a stage that took less leaves none."""

REDRAW_AFTER = 0.5

T = TypeVar("T")
Advance = Callable[[int], None]


class Loop:
    """A loop under way; counted on from any thread."""

    def __init__(self, total: int, name: str):
        self.total, self.name, self.done = total, name, 0
        self.began = time.monotonic()
        self._lock = threading.Lock()

    def advance(self, n: int = 1) -> None:
        """Count on."""
        with self._lock:
            self.done += n


class Stage:
    """A piece of work under way in a thread, and the loops it is in, the outermost first."""

    def __init__(self, name: str):
        self.name, self.thread = name, threading.get_ident()
        self.loops: list[Loop] = []
        self.began = time.monotonic()

    def share(self) -> float:
        """Return the part of the outermost loop that is done, loops inside it counted in."""
        share = 0.0
        for loop in reversed(self.loops):
            share = min(1.0, (loop.done + share) / max(loop.total, 1))
        return share

    def line(self) -> str:
        """Return what is to be shown now."""
        now, loops = time.monotonic(), tuple(self.loops)
        if not loops:
            return f"{self.name}: {clock(now - self.began)}"
        outer, share = loops[0], self.share()
        name = f"{self.name}, {outer.name}" if outer.name not in ("", self.name) else self.name
        elapsed = now - outer.began
        left = f", about {clock(elapsed / share - elapsed)} left" if share else ""
        return f"{name}: {outer.done} of {outer.total} ({share:.0%}), {clock(elapsed)}{left}"


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds, or hours too: ``1:05``, ``2:00:31``."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Cell:
    """Lines in the output of the cell that runs, the last of them drawn anew.

    The standard error has a red ground there, as if something had failed, and falls apart where
    something else is shown meanwhile.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._kept: list[str] = []
        self._place: Any = None

    def write(self, line: str, *, stays: bool) -> None:
        """Show a line in place of the last one, unless that was to stay."""
        from IPython import get_ipython
        from IPython.display import display

        number = getattr(get_ipython(), "execution_count", None)
        if self._place is None or number != self._number:
            self._number, self._kept, self._place = number, [], None
        shown = {"text/plain": "\n".join([*self._kept, line] if line else self._kept)}
        if self._place is None:
            self._place = display(shown, raw=True, display_id=True)
        else:
            self._place.update(shown, raw=True)
        if stays:
            self._kept.append(line)


class Screen:
    """Shows the innermost stage that is open, and goes on showing that time passes."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._lock = threading.RLock()
        self._ended: threading.Event | None = None
        self._shown: Stage | None = None
        self._silent_since = self._left = -SHOW_AFTER

    def begin(self, opened: Stage) -> None:
        """Take a stage that begins."""
        with self._lock:
            if opened.began - self._left > SHOW_AFTER and not self.stages:
                self._silent_since = opened.began
            self.stages.append(opened)
            if self._ended is None and _is_seen():
                self._ended = threading.Event()
                threading.Thread(target=self._redraw, args=[self._ended], daemon=True).start()

    def end(self, closed: Stage) -> None:
        """Let go of a stage; its line stays if it was shown and took more than a moment."""
        with self._lock:
            self.stages.remove(closed)
            if self._shown is closed:
                took_long = time.monotonic() - closed.began >= SHOW_AFTER
                _write(closed.line() if took_long else "", stays=took_long)
                self._shown = None
            if not self.stages:
                self._left = time.monotonic()
                if self._ended is not None:
                    self._ended.set()
                self._ended = None

    def top(self) -> Stage | None:
        """Return the innermost stage that is open."""
        with self._lock:
            return self.stages[-1] if self.stages else None

    def draw(self) -> None:
        """Show the innermost stage, if there has been silence for long enough."""
        with self._lock:
            now = time.monotonic()
            top = self.top()
            if top is None or (self._shown is not top and now - self._silent_since < SHOW_AFTER):
                return
            _write(top.line())
            self._shown, self._silent_since = top, now

    def _redraw(self, ended: threading.Event) -> None:
        while not ended.wait(REDRAW_AFTER):
            self.draw()


screen = Screen()
"""The one that all stages are told to."""


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Tell what is done inside, until it ends."""
    opened = Stage(name)
    screen.begin(opened)
    try:
        yield opened
    finally:
        screen.end(opened)


@contextmanager
def counting(total: int, loop: str = "") -> Iterator[Advance]:
    """Count what is done inside, as that of the stage that is open.

    Parameters
    ----------
    total : int
    loop : str
        What is done, in a word or two; where no stage is open it names one.

    Yields
    ------
    advance : callable
        ``advance(n)`` counts on, from any thread. It does nothing in threads of a loop that counts.
    """
    top = screen.top()
    if top is None and loop:
        with stage(loop), counting(total, loop) as advance:
            yield advance
    elif top is None or top.thread != threading.get_ident():
        yield _uncounted
    else:
        inner = Loop(total, loop)
        top.loops.append(inner)
        try:
            yield inner.advance
        finally:
            top.loops.remove(inner)


def counted(items: Iterable[T], total: int | None = None, loop: str = "") -> Iterator[T]:
    """Pass items on and count them.

    Parameters
    ----------
    items : iterable
    total : int, optional
        How many there are, if ``items`` does not tell; nothing is counted if neither does.
    loop : str
        As in :func:`counting`.
    """
    if total is None:
        total = len(items) if isinstance(items, Collection) else 0
    if not total:
        yield from items
        return
    with counting(total, loop) as advance:
        for item in items:
            yield item
            advance(1)


def _uncounted(n: int) -> None:
    """Count nothing."""


_cell = Cell()


def _is_seen() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or _is_notebook())


def _is_notebook() -> bool:
    return type(sys.stderr).__module__.startswith("ipykernel")


def _write(line: str, *, stays: bool = False) -> None:
    """Show a line in place of the last one; one that stays is the last no more."""
    if _is_notebook():
        _cell.write(line, stays=stays)
        return
    width = max(20, shutil.get_terminal_size().columns - 1)
    end = "\n" if stays else "" if line else "\r"
    sys.stderr.write("\r" + line[:width].ljust(width) + end)
    sys.stderr.flush()
