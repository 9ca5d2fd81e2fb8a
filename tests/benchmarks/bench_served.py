"""Many readers of one live view: how long a page takes to open, and what the server keeps of them.

    python tests/benchmarks/bench_served.py [N_AT_ONCE] [N_IN_ALL] [RUN ...]

Each reader asks for the page, opens its websocket and pulls the document, as a browser does.
``N_AT_ONCE`` (50) stay open together; they and further ones, as many at once, are opened and closed
until there were ``N_IN_ALL`` (200) of them. The memory is that of the server (RSS), measured once
it has dropped the sessions that were closed. It may grow by no more than a tenth from the first
``N_AT_ONCE`` to the last; else the exit code is 1. Without runs, two small ones are shown.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
from bokeh.protocol import Protocol
from bokeh.protocol.receiver import Receiver
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from live_views import answers, free_port, wait_for  # noqa: E402
from pc_runs import make_pc_run  # noqa: E402

from anomalylab.runs.folder import Run  # noqa: E402

SECONDS = 900  # that a reader waits
DROPPED_AFTER = 40  # seconds: Bokeh keeps a session for 15, and looks every 17
GROWTH = 1.1


async def opened(address: str) -> tuple[WebSocketClientConnection, float, int]:
    """Open a page as a browser does; return the connection, seconds, and bytes of the document."""
    start = time.perf_counter()
    page = await AsyncHTTPClient().fetch(address, connect_timeout=SECONDS, request_timeout=SECONDS)
    token = re.search(r'"token":"([^"]+)"', page.body.decode()).group(1)
    waits = {"connect_timeout": SECONDS, "request_timeout": SECONDS}
    socket = await websocket_connect(
        HTTPRequest(address.replace("http", "ws") + "/ws", **waits),
        subprotocols=["bokeh", token],
        max_message_size=2**30,
    )
    receiver, protocol = Receiver(Protocol()), Protocol()
    while True:
        fragment = await socket.read_message()
        if fragment is None:
            raise RuntimeError("the server closed the connection")
        message = await receiver.consume(fragment)
        if message is not None and message.msgtype == "ACK":
            request = protocol.create("PULL-DOC-REQ")
            for part in (request.header_json, request.metadata_json, request.content_json):
                await socket.write_message(part)
        if message is not None and message.msgtype == "PULL-DOC-REPLY":
            n_roots = len(message.content["doc"]["roots"])
            assert n_roots > 0, "an empty page"
            return socket, time.perf_counter() - start, len(message.content_json)


async def in_rounds(address: str, at_once: int, in_all: int, server: psutil.Process) -> list[float]:
    """Open and close rounds of readers; print each; return the memory left after each, in MB."""
    AsyncHTTPClient.configure(None, max_clients=at_once)
    left: list[float] = []
    n_done = 0
    while n_done < in_all:
        before = sum(server.cpu_times()[:2])
        readers = await asyncio.gather(*(opened(address) for _ in range(at_once)))
        work = (sum(server.cpu_times()[:2]) - before) / at_once
        held, n_done = memory(server), n_done + at_once
        seconds = np.array([taken for _, taken, _ in readers])
        for socket, _, _ in readers:
            socket.close()
        await asyncio.sleep(DROPPED_AFTER)
        left.append(memory(server))
        print(
            f"  {n_done:4d} opened: median {np.median(seconds):.1f} s, slowest {seconds.max():.1f} "
            f"s; {work:.2f} s of CPU and {readers[0][2] / 1e6:.2f} MB a page; "
            f"{held:.0f} MB with {at_once} open, {left[-1]:.0f} MB once closed",
            flush=True,
        )
    return left


def memory(server: psutil.Process) -> float:
    """Return the memory of the server in MB."""
    return server.memory_info().rss / 1e6


def try_run(folder: Path, at_once: int, in_all: int) -> bool:
    """Serve a run to many; return whether the memory of the server stays flat."""
    kind, port = Run(folder).kind.words, free_port()
    command = [sys.executable, "-m", "anomalylab", "serve", kind, folder]
    with subprocess.Popen([*command, "--port", str(port), "--no-browser"]) as process:
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/favicon.ico"), seconds=SECONDS)
            server = psutil.Process(process.pid)
            print(f"{folder.name}: {memory(server):.0f} MB before", flush=True)
            address = f"http://127.0.0.1:{port}/{kind}"
            left = asyncio.run(in_rounds(address, at_once, in_all, server))
        finally:
            process.terminate()
    is_flat = left[-1] <= GROWTH * left[0]
    print(f"  {'flat' if is_flat else 'GROWING'}: {left[-1] - left[0]:+.0f} MB since the first")
    return is_flat


def _small_ones(folder: Path) -> list[Path]:
    """Return a run of detectors, and a PC space with its images beside it."""
    with zipfile.ZipFile(TESTS / "data" / "detect_v2.zip") as packed:
        packed.extractall(folder)
    return [folder / "detect_v2", make_pc_run(folder / "pc_space").folder]


def main(at_once: int = 50, in_all: int = 200, *runs: str) -> int:
    """Serve runs one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        shown = [Path(run) for run in runs] or _small_ones(Path(folder))
        n_growing = sum(not try_run(run, at_once, in_all) for run in shown)
    return int(n_growing > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))
