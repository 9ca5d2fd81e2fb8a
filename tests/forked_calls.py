"""Carry out commands in forks of one process that has everything loaded.

    python tests/forked_calls.py ROOT

Reads one JSON object a line from standard input, ``{"arguments": [...], "kill_at": 3, "seconds":
null, "told": FILE}``, calls ``anomalylab`` with the arguments in a fork, and answers with a line:
``{"code": 0}``, ``{"code": -9}`` if it was killed. What the command prints goes to the file. The
fork is killed at the ``kill_at``-th change of a file below ``ROOT``, if that is not 0, or after so
many seconds. The first call loads modules and is not killed.
"""

import json
import os
import signal
import sys
import time
from importlib import import_module

CHANGING = os.O_WRONLY | os.O_RDWR
STEPS = "steps: "


class Steps:
    """Counts changes of files below a folder, and kills its process at one of them."""

    def __init__(self, root: str, kill_at: int) -> None:
        self.root, self.kill_at, self.counted = root, kill_at, 0

    def __call__(self, event: str, arguments: tuple) -> None:
        if event == "open":
            path, is_change = arguments[0], bool(arguments[2] & CHANGING)
        else:
            is_change = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
            path = arguments[0] if is_change else None
        if is_change and isinstance(path, str | os.PathLike) and str(path).startswith(self.root):
            self.counted += 1
            if self.counted == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def carry_out(root: str, call: dict) -> int:
    """Carry out a call in this process; its last line tells its steps."""
    from anomalylab.cli.main import main

    with open(call["told"], "w", encoding="utf-8") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    steps = Steps(root, call["kill_at"])
    sys.addaudithook(steps)
    code = main(call["arguments"])
    sys.stdout.write(f"{STEPS}{steps.counted}\n")
    return code


def in_fork(root: str, call: dict) -> int:
    """Carry out a call in a fork; return its exit code, -9 if it was killed."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            code = carry_out(root, call)
        finally:
            sys.stdout.flush()
            os._exit(code)
    end = time.monotonic() + (call["seconds"] or 1e9)
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.005)


def serve(root: str) -> None:
    """Answer calls until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        answers.write(json.dumps({"code": in_fork(root, json.loads(line))}) + "\n")
        answers.flush()


if __name__ == "__main__":
    for name in sys.argv[2:]:
        import_module(name)
    serve(sys.argv[1])
