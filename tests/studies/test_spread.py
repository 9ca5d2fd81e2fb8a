"""Work is spread over workers, given out again when one dies, and never done twice."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from study_jobs import Break, Die, DieOnce, Linger, Meet, Refuse, Tell, TellLate

from anomalylab.errors import ParameterError, RunError, StorageError
from anomalylab.extractors import create, extract
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.storage.cache import cache_folder
from anomalylab.storage.shelf import Shelf
from anomalylab.studies.crew import Crew, cluster, given, processes, this_process
from anomalylab.studies.embedding import embed_on
from anomalylab.studies.material import CategoryFiles, listed
from anomalylab.studies.results import is_there, read_result
from anomalylab.studies.spread import DIED, spread
from anomalylab.studies.worker import Chunk, forget_pools

KNN = DetectorChoice(name="knn", params={"k": 1})
SOURCE = DetectRequest(data=None, dataset="textures", detectors=(KNN,))


@pytest.fixture
def files(rng):
    """Six images of one level, whose results nobody knows yet."""
    shelf = Shelf()
    shelf.write("levels/grey", rng.random((6, 2, 2, 3), np.float32))
    shelf.write("groups", np.arange(6))
    shelf.write("labels", np.zeros(6, int))
    yield CategoryFiles("made-up", shelf.folder, ("grey",), {}, str(shelf.folder), SOURCE)
    forget_pools()


def chunk(files, *jobs):
    return Chunk(files, KNN, jobs, (), cache_folder())


def asked(folder, number):
    """How often a job was asked for its number, and by which processes."""
    path = folder / f"{number}.txt"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def carried_out(chunks, open_workers):
    done = []
    with Crew(open_workers) as crew:
        missing = spread(chunks, crew, done.append)
    assert sum(done) == sum(len(one.jobs) for one in chunks)
    return missing


def test_each_job_is_done_once_and_not_again_when_it_is_asked_for_again(files, tmp_path):
    chunks = [chunk(files, Tell(1, tmp_path), Tell(2, tmp_path)), chunk(files, Tell(3, tmp_path))]
    for _ in range(2):
        assert carried_out(chunks, this_process) == {}
    assert [len(asked(tmp_path, number)) for number in (1, 2, 3)] == [1, 1, 1]
    names = [name for one in chunks for name in one.names]
    assert [int(read_result(name, {}).arrays["number"]) for name in names] == [1, 2, 3]


def test_what_a_job_refuses_is_kept_and_what_breaks_is_tried_again(files, tmp_path):
    chunks = [chunk(files, Refuse(1, tmp_path), Break(2, tmp_path), Tell(3, tmp_path))]
    refused, broken, told = chunks[0].names
    for _ in range(2):
        missing = carried_out(chunks, this_process)
        assert missing == {broken: "MemoryError: no room"}
    assert read_result(refused, missing).reason == "1 is too few"
    assert read_result(broken, missing).reason == "MemoryError: no room"
    assert read_result(told, missing).reason == ""
    assert [len(asked(tmp_path, number)) for number in (1, 2, 3)] == [1, 2, 1]


def test_a_damaged_result_is_computed_again(files, tmp_path):
    chunks = [chunk(files, Tell(1, tmp_path))]
    (name,) = chunks[0].names
    carried_out(chunks, this_process)
    (path,) = cache_folder().rglob(f"{name}.block")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert not is_there(name)
    carried_out(chunks, this_process)
    assert int(read_result(name, {}).arrays["number"]) == 1
    assert len(asked(tmp_path, 1)) == 2


def test_a_full_disk_ends_the_study_and_no_job_counts_as_failed(files, tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    one = chunk(files, Tell(1, tmp_path))
    with pytest.raises(StorageError, match="No space left on device; make room or set ANOMALYLAB"):
        carried_out([one], this_process)
    monkeypatch.undo()
    assert carried_out([one], this_process) == {}
    assert is_there(one.names[0])


def test_results_that_were_cleared_from_the_cache_are_computed_again(files, tmp_path):
    one = chunk(files, Tell(1, tmp_path))
    for _ in range(2):
        assert carried_out([one], this_process) == {}
        (path,) = cache_folder().rglob(f"{one.names[0]}.block")
        shutil.rmtree(path.parent)
    assert len(asked(tmp_path, 1)) == 2


def test_results_are_told_apart_by_images_detector_job_and_code(files, tmp_path):
    one = chunk(files, Tell(1, tmp_path))
    refined = replace(SOURCE, refine={"epochs": 1})
    others = [
        chunk(files, Tell(2, tmp_path)),
        Chunk(files, DetectorChoice(name="knn"), one.jobs, (), one.cache),
        Chunk(replace(files, digest="other"), KNN, one.jobs, (), one.cache),
        Chunk(replace(files, source=refined), KNN, one.jobs, (), one.cache),
        Chunk(files, KNN, one.jobs, (), one.cache, code="of another version"),
    ]
    names = {name for each in (one, *others) for name in each.names}
    assert len(names) == 6
    spelled_out = DetectorChoice(name="knn", params={"k": 1, "squared": False})
    assert Chunk(files, spelled_out, one.jobs, (), one.cache).names == one.names


def test_two_processes_share_the_work_and_a_dead_one_s_is_given_out_again(files, tmp_path):
    chunks = [chunk(files, *(Tell(10 * i + j, tmp_path) for j in range(3))) for i in range(6)]
    chunks[:0] = [chunk(files, Meet(80, tmp_path)), chunk(files, Meet(81, tmp_path))]
    chunks.insert(4, chunk(files, Tell(70, tmp_path), DieOnce(71, tmp_path), Tell(72, tmp_path)))
    assert carried_out(chunks, processes(2)) == {}
    numbers = [job.number for one in chunks for job in one.jobs]
    by = [asked(tmp_path, number) for number in numbers]
    assert all(is_there(name) for one in chunks for name in one.names)
    assert sum(map(len, by)) <= len(numbers) + 1  # the other process may have been at one, too
    assert str(os.getpid()) not in {pid for each in by for pid in each}


def test_workers_end_at_once_when_a_person_stops_the_work(files, tmp_path):
    def stop(n_jobs):
        raise KeyboardInterrupt

    chunks = [chunk(files, Tell(1, tmp_path)), *(chunk(files, Linger(i, tmp_path)) for i in (2, 3))]
    with pytest.raises(KeyboardInterrupt), Crew(processes(2)) as crew:
        spread(chunks, crew, stop)
    assert wait_for(
        lambda: not multiprocessing.active_children()
    )  # what lingers would take 600 seconds
    assert is_there(chunks[0].names[0])


def test_a_job_that_kills_its_workers_fails_and_no_other(files, tmp_path):
    chunks = [chunk(files, Tell(1, tmp_path), Die(2, tmp_path)), chunk(files, Tell(3, tmp_path))]
    missing = carried_out(chunks, processes(2))
    assert missing == {chunks[0].names[1]: DIED}
    assert is_there(chunks[0].names[0])
    assert is_there(chunks[1].names[0])
    assert len(asked(tmp_path, 1)) == 1  # the other process may have been at 3, which is done anew


def test_threads_of_somebody_else_do_the_same(files, tmp_path):
    with ThreadPoolExecutor(2) as executor:
        assert (
            carried_out([chunk(files, Tell(i, tmp_path)) for i in range(4)], given(executor)) == {}
        )
        assert executor.submit(int).result() == 0  # it is left open
    assert [len(asked(tmp_path, number)) for number in range(4)] == [1] * 4


def test_workers_that_are_gone_for_another_reason_end_the_study(files, tmp_path):
    class Gone(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_exception(OSError("the line was cut"))
            return future

    with pytest.raises(RunError, match=r"workers are gone \(the line was cut\).*go on"):
        carried_out([chunk(files, Tell(1, tmp_path))], given(Gone()))


def test_there_must_be_a_worker():
    with pytest.raises(ParameterError, match="at least one worker, not 0"):
        processes(0)


def wait_for(is_so, seconds=60):
    """Wait until something is so, and tell whether it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not is_so():
        time.sleep(0.05)
    return bool(is_so())


@pytest.fixture
def scheduler(tmp_path):
    """A Dask cluster of two worker processes: address of its scheduler, and its workers."""
    pytest.importorskip("distributed")
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    env["DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH"] = "0"
    told = tmp_path / "scheduler.json"
    quiet = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    running = [subprocess.Popen([*command, *options], cwd=tmp_path, **quiet)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(told)]
    options = [
        "--no-nanny",
        "--nthreads",
        "1",
        "--no-dashboard",
        "--local-directory",
        str(tmp_path),
    ]
    running += [subprocess.Popen([*worker, *options], cwd=tmp_path, **quiet) for _ in range(2)]
    yield told, running[1:]
    for process in running:
        process.kill()
        process.wait()


def images_of(folder):
    """Three small pictures, listed as a category."""
    for number in range(3):
        pixels = np.full((64, 64, 3), 60 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return listed(DetectRequest(data=folder, dataset="folder"), ())[0]


def test_a_cluster_of_two_processes_goes_on_when_one_is_killed(files, scheduler, tmp_path):
    told, workers = scheduler
    wait_for(told.exists)
    chunks = [
        chunk(files, TellLate(2 * i, tmp_path), TellLate(2 * i + 1, tmp_path)) for i in range(8)
    ]
    done, numbers, first = [], range(16), workers[0]

    def advance(n_jobs):
        done.append(n_jobs)
        has_worked = any(str(first.pid) in asked(tmp_path, number) for number in numbers)
        if len(done) >= 3 and has_worked:  # it may have been slow to begin
            first.kill()

    address = json.loads(told.read_text(encoding="utf-8"))["address"]
    with Crew(cluster(address)) as crew:
        assert wait_for(lambda: crew.opened[1] == 2 or crew.close())
        assert spread(chunks, crew, advance) == {}
        (tmp_path / "images").mkdir()
        category, extractor = images_of(tmp_path / "images"), create("lite0", size=(64, 64))
        embed_on(crew, category, extractor)
    assert extract(category.samples, category.root, extractor).cost["n_embedded"] == 0
    assert first.wait(timeout=60) == -signal.SIGKILL
    by = [asked(tmp_path, number) for number in numbers]
    assert all(is_there(name) for one in chunks for name in one.names)
    assert {pid for each in by for pid in each} == {str(process.pid) for process in workers}
    assert sum(map(len, by)) <= 16 + 2  # what the killed one had done of a chunk is not done again


def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("anomalylab.studies.crew.SECONDS_TO_ANSWER", 1)
    with pytest.raises(
        RunError, match=r"no scheduler answers at tcp://127.0.0.1:1 .*dask scheduler"
    ):
        Crew(cluster("tcp://127.0.0.1:1")).opened  # noqa: B018
