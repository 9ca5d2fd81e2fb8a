"""The run that shows a newcomer what comes out."""

from pathlib import Path

from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, Request

CATEGORY = "part"


def run_demo(out: Path, *, category: str | None = None) -> Run:
    """Run two detectors on built-in images and return the finished run."""
    request = Request(
        data=None,
        dataset="textures",
        dataset_params={"category": category or CATEGORY, "preset": "easy"},
        detectors=(DetectorChoice(name="patchcore"), DetectorChoice(name="padim")),
    )
    return run(request, out)
