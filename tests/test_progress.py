"""Work that takes long says what it is at, on a terminal and nowhere else."""

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace

import pytest
from pc_runs import write_kolektor

from anomalylab import progress
from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.detectors import Detector

NOTHING_TO_COUNT = {
    "start",
    "load the network",
    "plan",
    "decide",
    "judge without labels",
    "embed in two dimensions",
    "find kinds of images",
    "compare looks",
}
"""Stages without a loop; the line then says how long they have been at it."""


WATCHED = (
    "images.read.decode_image",
    "localise.anomaly_map",
    "pictures.thumbnails.thumbnail",
    "runs.planned.check_costs",
)
"""What takes long beside detectors; it is to happen inside a stage."""


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress, "screen", progress.Screen())
    return clock


@pytest.fixture
def terminal(clock, monkeypatch):
    """A terminal of 80 columns that nothing redraws but the test."""
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr(progress, "REDRAW_AFTER", 1e6)
    return terminal


def draw_after(clock, seconds):
    clock.now += seconds
    progress.screen.draw()


def shown(terminal):
    """The last line shown, and what was written in all."""
    return terminal.getvalue().rstrip("\n").rpartition("\r")[2].rstrip()


def test_a_line_says_what_is_done_of_how_many_and_time_left(terminal, clock):
    with progress.stage("embed images"), progress.counting(40) as advance:
        advance(10)
        draw_after(clock, 30)
        assert shown(terminal) == "embed images: 10 of 40 (25%), 0:30, about 1:30 left"


def test_a_loop_of_several_in_a_stage_has_a_name(terminal, clock):
    with progress.stage("check images"):
        for _ in progress.counted(range(2), loop="reading masks"):
            draw_after(clock, 3)
    assert "check images, reading masks: 1 of 2 (50%), 0:06, about 0:06 left" in terminal.getvalue()


def test_loops_inside_move_the_outer_one_by_parts(terminal, clock):
    with progress.stage("fit"), progress.counting(4) as outer:
        outer(1)
        with progress.counting(10) as inner:
            inner(5)
            draw_after(clock, 60)
    assert "fit: 1 of 4 (38%), 1:00, about 1:40 left" in terminal.getvalue()


def test_loops_in_threads_of_a_loop_do_not_count(terminal, clock):
    def work(item):
        return sum(progress.counted(range(1000)))

    with progress.stage("fit"), ThreadPoolExecutor(2) as pool:
        for _ in progress.counted(pool.map(work, range(3)), 3):
            draw_after(clock, 3)
    assert "of 1000" not in terminal.getvalue()
    assert "fit: 2 of 3 (67%), 0:09, about 0:04 left" in terminal.getvalue()


def test_without_a_loop_the_line_says_how_long_it_has_been(terminal, clock):
    with progress.stage("start"):
        draw_after(clock, 3725)
        assert shown(terminal) == "start: 1:02:05"


def test_silence_lasts_two_seconds_however_short_the_stages_are(terminal, clock):
    for _ in range(3):
        with progress.stage("short"):
            draw_after(clock, 0.9)
    assert "short: 0:01" in terminal.getvalue()


def test_what_took_a_moment_leaves_no_line(terminal, clock):
    with progress.stage("short"):
        draw_after(clock, 1.9)
    assert not terminal.getvalue().strip()


def test_what_took_longer_leaves_its_line(terminal, clock):
    with progress.stage("long"):
        draw_after(clock, 3)
        clock.now += 4
    assert terminal.getvalue().rstrip(" ").endswith("\n")
    assert shown(terminal) == "long: 0:07"


def test_a_long_line_is_cut_to_the_terminal(terminal, clock):
    with progress.stage("x" * 200):
        draw_after(clock, 3)
    assert max(map(len, terminal.getvalue().replace("\n", "").split("\r"))) == 79


def test_nothing_is_written_where_there_is_no_terminal(clock, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    with progress.stage("embed images"):
        for _ in progress.counted(range(3)):
            clock.now += 10
    assert progress.screen.top() is None
    assert stream.getvalue() == ""


@pytest.fixture
def cell(clock, monkeypatch):
    """The output of a notebook's cell: what is shown in each of its places."""
    places = []

    class Place:
        def __init__(self):
            places.append("")
            self.number = len(places) - 1

        def update(self, shown, *, raw):
            places[self.number] = shown["text/plain"]

    def display(shown, *, raw, display_id):
        place = Place()
        place.update(shown, raw=raw)
        return place

    shell = SimpleNamespace(execution_count=1)
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setattr(progress, "REDRAW_AFTER", 1e6)
    monkeypatch.setattr(progress, "_cell", progress.Cell())
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    yield SimpleNamespace(places=places, shell=shell)
    assert stream.getvalue() == ""


def test_in_a_notebook_lines_gather_in_one_place_of_the_cell(cell, clock):
    for name in ("embed", "train"):
        with progress.stage(name), progress.counting(4) as advance:
            advance(1)
            draw_after(clock, 3)
            assert cell.places[0].endswith(f"{name}: 1 of 4 (25%), 0:03, about 0:09 left")
    assert cell.places == ["embed: 0:03\ntrain: 0:03"]


def test_the_next_cell_of_a_notebook_has_a_place_of_its_own(cell, clock):
    for number in (1, 2):
        cell.shell.execution_count = number
        with progress.stage("train"):
            draw_after(clock, 3)
    assert cell.places == ["train: 0:03", "train: 0:03"]


def test_a_stage_that_took_a_moment_leaves_no_line_in_a_notebook(cell, clock):
    with progress.stage("long"):
        draw_after(clock, 3)
        with progress.stage("short"):
            draw_after(clock, 1)
    assert cell.places == ["long: 0:04"]


def test_an_error_ends_the_stage(clock):
    with pytest.raises(ValueError, match="broken"), progress.stage("fit"):
        raise ValueError("broken")
    assert progress.screen.top() is None


def test_a_named_loop_outside_all_stages_is_a_stage(terminal, clock):
    with progress.counting(4, "embedding") as advance:
        advance(1)
        draw_after(clock, 3)
        assert shown(terminal) == "embedding: 1 of 4 (25%), 0:03, about 0:09 left"


@pytest.fixture
def watched(monkeypatch):
    """Stages opened, loops that ran to their end by stage, and work done outside all stages."""
    stages, loops, outside = [], [], []
    begin = progress.Screen.begin

    def watched_begin(self, opened):
        stages.append(opened.name)
        begin(self, opened)

    class WatchedLoop(progress.Loop):
        def __init__(self, total, name):
            super().__init__(total, name)
            loops.append((progress.screen.top().name, self))

    def in_a_stage(name, call):
        def checked(*args, **kwargs):
            if progress.screen.top() is None:
                outside.append(name)
            return call(*args, **kwargs)

        return checked

    monkeypatch.setattr(progress.Screen, "begin", watched_begin)
    monkeypatch.setattr(progress, "Loop", WatchedLoop)
    for name in ("fit", "score", "training_scores"):
        monkeypatch.setattr(Detector, name, in_a_stage(name, getattr(Detector, name)))
    for place in WATCHED:
        module, _, name = place.rpartition(".")
        watch_everywhere(
            monkeypatch, getattr(import_module(f"anomalylab.{module}"), name), in_a_stage
        )
    return stages, loops, outside


def watch_everywhere(monkeypatch, call, in_a_stage):
    """Put a watched function wherever its own name was imported."""
    name = call.__name__
    for module in [m for n, m in sys.modules.items() if n.startswith("anomalylab.")]:
        if vars(module).get(name) is call:
            monkeypatch.setattr(module, name, in_a_stage(name, call))


def check_stages(watched, expected):
    stages, loops, outside = watched
    assert not outside
    assert expected <= set(stages)
    finished = {stage for stage, loop in loops if loop.done >= loop.total > 0}
    silent = {name for name in stages if name.split(": ")[-1] not in NOTHING_TO_COUNT} - finished
    assert not silent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("progress")
    make_textures(folder, category="brick", n_train=12, n_test_good=4, n_test_defect=4, size=96)
    return folder / "brick"


@pytest.mark.parametrize("detector", ["knn", "padim", "patchcore", "window_pca"])
def test_every_stage_of_a_run_counts(folder, tmp_path, watched, detector):
    run = ["run", str(folder), "--detector", detector, "--size", "96", "-o", str(tmp_path / "run")]
    assert main(run) == 0
    name = detector.partition(":")[0]
    fitted = {f"{name}: fit and score", f"{name}: measure", f"{name}: nearest normal images"}
    read = {"start", "read the folder", "check images", "embed images", "draw thumbnails"}
    check_stages(watched, fitted | read)


def test_every_stage_of_scoring_and_of_the_page_counts(folder, tmp_path, watched):
    run, new = str(tmp_path / "run"), str(folder / "test" / "good")
    assert main(["run", str(folder), "--detector", "knn", "--size", "96", "-o", run]) == 0
    for part in watched:
        part.clear()
    assert main(["score", run, new, "-o", str(tmp_path / "scored")]) == 0
    expected = {"start", "read the folder", "embed images", "knn: score", "draw thumbnails"}
    check_stages(watched, expected | {"make the page"})


def test_every_stage_of_a_check_counts(folder, watched, capsys):
    assert main(["check", str(folder)]) == 0
    check_stages(watched, {"start", "read the folder", "check images"})


def test_every_stage_of_the_recipe_counts(tmp_path, watched):
    data = write_kolektor(tmp_path / "data")
    words = ["recipe", "pc-space", str(data), "--window", "9", "-o", str(tmp_path / "run")]
    assert main(words) == 0
    projected = {"project windows", "project windows, left out", "log-odds maps"}
    fitted = {"PC space of 9 px windows", "odds and random forest", "draw thumbnails"}
    check_stages(watched, projected | fitted | {"start", "read the folder", "check images"})
