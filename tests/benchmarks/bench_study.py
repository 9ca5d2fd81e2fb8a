"""What the paper's grid costs for one category, beside refits of the same training sets.

    ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_study.py [--detectors knn@sroc,padim@sroc]
        [--rejects 0,0.2,0.4,0.6,0.8] [--refits 0,0.4,0.8] [--whole]

MVTec AD bottle by lite0 at 224, image metrics, one thread. A sample of the grid's training sets,
one for each share to reject, is fitted, scored, left out and measured: by the pool, as a study does
it, and by a refit, whose thresholds and metrics are those of the study, too. Seconds of the CPU, so
that other work on the machine does not count; opening the pool is told apart, with what it keeps in
the cache the second time. The grid's total is that of its different training sets, at the mean of
the sample. ``--whole`` runs the preset with two workers and no result known from before, too.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from anomalylab import refine
from anomalylab.compute.threads import one_thread
from anomalylab.detectors import RefitPool, pool_of
from anomalylab.runs.embedded import embedded
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.timing import Timings
from anomalylab.storage.blocks import BlockStore
from anomalylab.storage.shelf import Shelf
from anomalylab.studies.cells import cells_of, ranking_of
from anomalylab.studies.check import checked
from anomalylab.studies.crew import Crew, processes
from anomalylab.studies.material import CategoryFiles, put_away
from anomalylab.studies.measured import TrainingSet, measure
from anomalylab.studies.plan import training_sets
from anomalylab.studies.polluted import pollution_of
from anomalylab.studies.run import run
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.store import KIND
from anomalylab.studies.toml import read_study
from anomalylab.studies.worker import created


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--detectors", default="")
    parser.add_argument("--rejects", default="0,0.2,0.4,0.6,0.8")
    parser.add_argument("--refits", default="0,0.4,0.8")
    parser.add_argument("--whole", action="store_true")
    return parser.parse_args()


def request_of(names: str) -> StudyRequest:
    """The paper's grid for bottle, with image metrics."""
    data = {"path": str(Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad"), "category": "bottle"}
    given = {"data": data, "metrics": {"places": "none"}}
    if names:
        given["detectors"] = names.split(",")
    return read_study(preset="sroc-paper", given=given)


def material_of(request: StudyRequest, shelf: Shelf):
    """Features on disk as workers read them, and what pollutes them."""
    (category,) = checked(request).categories
    source, samples, root = category.source, category.samples, category.root
    extractor = create_extractor(source, samples)
    material, _, _ = embedded(source, samples, root, extractor, Timings())
    files = put_away(shelf, category.name, material, "none")
    return files, pollution_of(request.polluted_by, material.samples)


def sample_of(pollution, reject: float) -> TrainingSet:
    """A training set of the grid: polluted most, with a share taken out by lot."""
    rows, _ = pollution.training(0.2, 0)
    kept = refine.kept(np.random.default_rng(0).permutation(len(rows)).astype(float), reject)
    order = np.argsort(rows)
    return TrainingSet(rows[order], kept[order], pollution.validation)


def seconds_of(pool, sets: list[TrainingSet], files: CategoryFiles) -> list[float]:
    """Seconds of the CPU that each training set takes."""
    found = []
    for chosen in sets:
        start = time.process_time()
        measure(pool, chosen, files, None)
        found.append(time.process_time() - start)
    return found


def words(seconds: list[float], decimals: int) -> str:
    return ", ".join(f"{one:.{decimals}f}" for one in seconds) + " s"


def main() -> None:
    options = arguments()
    request, shelf = request_of(options.detectors), Shelf()
    files, pollution = material_of(request, shelf)
    rejects, refits = (
        [float(share) for share in text.split(",")] for text in (options.rejects, options.refits)
    )
    cells = list(cells_of(request, "bottle"))
    n_rankings = len({ranking_of(cell) for cell in cells} - {None})
    n_sets = training_sets(cells)
    print(f"{len(cells)} cells, {n_sets.total()} different training sets, {n_rankings} rankings")
    total = plain = 0.0
    with one_thread():
        for label, choice in request.scorers.items():
            if label not in n_sets:
                continue
            opening = []
            for _ in range(2):
                start = time.process_time()
                pool = pool_of(created(choice, files.source), files.features)
                opening.append(time.process_time() - start)
            by_pool = seconds_of(pool, [sample_of(pollution, share) for share in rejects], files)
            refit = RefitPool(created(choice, files.source), pool.features)
            by_refit = seconds_of(refit, [sample_of(pollution, share) for share in refits], files)
            mean, mean_plain = float(np.mean(by_pool)), float(np.mean(by_refit))
            total += n_sets[label] * mean + opening[0]
            plain += n_sets[label] * mean_plain
            print(f"{label}: {n_sets[label]} training sets; opening the pool", words(opening, 2))
            print(f"  by the pool {mean:.3f} s each: {words(by_pool, 3)} for {options.rejects}")
            print(
                f"  by a refit {mean_plain:.2f} s each: {words(by_refit, 2)} for {options.refits}"
            )
            print(f"  {mean_plain / mean:.1f} times", flush=True)
    ratio = plain / total
    print(
        f"the grid on one thread: {total:.0f} s by pools, {plain:.0f} by refits: {ratio:.1f} times"
    )
    if options.whole:
        whole(request)


def whole(request: StudyRequest) -> None:
    """Run the grid with two workers, with no result known from before."""
    shutil.rmtree(BlockStore(KIND).folder)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Crew(processes(2)) as crew:
        finished = run(request, Path(folder) / "bottle", crew=crew)
        seconds = time.perf_counter() - start
        n_cells = len(finished.table("study_cells"))
        print(f"{n_cells} cells with two workers: {seconds:.0f} s on the clock")
        print(finished.table("timings")[["step", "seconds", "peak_mib"]].to_string(index=False))


if __name__ == "__main__":
    main()
