"""What a study has done, and what it says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.datasets.pollute.planted import words
from anomalylab.extractors import Extractor
from anomalylab.number_words import plural
from anomalylab.runs.describe import run_info
from anomalylab.runs.info import DetectorInfo, ExtractorInfo, RunInfo
from anomalylab.studies.check import Checked
from anomalylab.studies.info import StudyInfo
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.strategy import HEALED
from anomalylab.studies.tables import StudyTables
from anomalylab.studies.told import verdicts
from anomalylab.studies.worker import detectors_of


@dataclass
class Done:
    """What has been computed so far, category by category."""

    plan: Checked
    of_cells: StudyTables = field(default_factory=StudyTables)
    samples: list[pd.DataFrame] = field(default_factory=list)
    thumbnails: list[pd.DataFrame] = field(default_factory=list)
    healed: list[pd.DataFrame] = field(default_factory=list)
    timings: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    broken: list[dict[str, str]] = field(default_factory=list)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the run."""
        samples = pd.concat(self.samples, ignore_index=True)
        healed = [table for table in self.healed if len(table)]
        samples.attrs = {}  # what a loader noted would be written, too
        return {
            "samples": samples,
            "thumbnails": pd.concat(self.thumbnails, ignore_index=True),
            "timings": pd.concat(self.timings, ignore_index=True),
            **self.of_cells.tables(),
            **({"study_healed": pd.concat(healed, ignore_index=True)} if healed else {}),
        }


def describe(
    request: StudyRequest,
    extractors: Sequence[Extractor],
    done: Done,
    tables: Mapping[str, pd.DataFrame],
    out: Path,
) -> RunInfo:
    """Return what ``run.json`` holds of a finished study.

    Parameters
    ----------
    request : StudyRequest
    extractors : sequence of Extractor
        Of each category.
    done : Done
    tables : mapping
        What ``done.tables()`` returned.
    out : path
        The run folder.
    """
    samples, first = tables["samples"].copy(deep=False), done.plan.categories[0]
    samples.attrs = first.samples.attrs
    fitted = [choice.label for choice in request.source.detectors]
    return run_info(
        "study",
        _part(request, extractors, done, tables["study_cells"]),
        out=out,
        request=request.source,
        command=request.command(out),
        samples=samples,
        root=first.root,
        verdicts=verdicts(tables, fitted, request.polluted_by.protocol),
        findings=[*_findings(request, done, tables["study_cells"]), *done.findings],
        broken=done.broken,
        max_fpr=request.source.max_fpr,
    )


def _part(
    request: StudyRequest, extractors: Sequence[Extractor], done: Done, cells: pd.DataFrame
) -> StudyInfo:
    polluted_by, pollution, refinement = (
        request.polluted_by,
        request.pollution,
        request.refinement,
    )
    grids = [grid for grid in (pollution, refinement) if grid is not None]
    extractor = extractors[0]
    return StudyInfo(
        extractor=ExtractorInfo(
            name=request.source.backbone,
            fingerprint=extractor.fingerprint,
            **extractor.describe(),
        ),
        sizes={
            category.name: one.size or (0, 0)
            for category, one in zip(done.plan.categories, extractors, strict=True)
        },
        detectors=_detectors(request, extractor),
        fitted=[choice.label for choice in request.source.detectors],
        categories=[category.name for category in done.plan.categories],
        left_out=done.plan.left_out,
        share=polluted_by.share,
        split_seed=polluted_by.split_seed,
        protocol=polluted_by.protocol,
        table=polluted_by.table.name if polluted_by.table else "",
        levels=list(pollution.levels) if pollution else [],
        seeds=sorted({seed for grid in grids for seed in grid.seeds}),
        rejects=list(refinement.rejects) if refinement else [],
        strategies=[one.label for one in refinement.strategies] if refinement else [],
        scorers=list(refinement.scorers) if refinement else [],
        refined_at=list(refinement.pollution) if refinement else [],
        healing=asdict(request.healing) if any(map(request.heals, HEALED)) else {},
        places=request.places,
        smoothing=request.source.smoothing,
        resize=request.source.resize,
        n_cells=len(cells),
        n_failed=int((cells["status"] == "failed").sum()),
    )


def _detectors(request: StudyRequest, extractor: Extractor) -> dict[str, DetectorInfo]:
    found = {}
    for label, detector in detectors_of(request).items():
        found[label] = DetectorInfo(
            name=detector.name,
            params=asdict(detector),  # type: ignore[call-overload]
            levels=list(detector.chosen_levels(extractor.shapes())),
        )
    return found


def _findings(request: StudyRequest, done: Done, cells: pd.DataFrame) -> list[Finding]:
    """Say which categories are missing, which cells failed, and what flatters."""
    found = [
        Finding("warning", "category_left_out", f"{name} is left out: {reason}")
        for name, reason in done.plan.left_out.items()
    ]
    synthetic = words(pd.concat(done.samples, ignore_index=True))
    if synthetic:
        found.append(Finding("warning", "synthetic_defects", synthetic))
    failed = cells[cells["status"] == "failed"]
    if len(failed):
        first = failed.iloc[0]
        message = (
            f"{plural(len(failed), 'cell')} of {len(cells)} could not be computed, as that of "
            f"{first['detector']} on {first['category']}: {first['reason']}"
        )
        found.append(Finding("warning", "failed_cells", message, n=len(failed)))
    if request.polluted_by.protocol == "append-overlap":
        found.append(
            Finding(
                "warning",
                "judged_in_training",
                "defective images that pollute the training set are judged, too: what is measured "
                "after they have entered is not what new images would give",
                "use the protocol replace or append",
            )
        )
    return found
