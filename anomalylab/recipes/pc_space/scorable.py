"""Which methods of a finished PC space score new images, and why the others do not."""

import dataclasses
from pathlib import Path

from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.errors import ParameterError
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.pc_space.opened import PCSpace
from anomalylab.runs.info import FindingInfo

NO_FOREST = FindingInfo(
    severity="note",
    message="The random forest scores no new images: a run keeps arrays alone, and a forest would "
    "have to be pickled",
)
NO_ODDS = FindingInfo(
    severity="note",
    message="The odds score no new images: the run was made before runs kept their classifier",
    advice="make it again",
)
WHY_NO_ODDS = "the run that scored was made before runs kept the classifier of the odds"


def check_options(weights: str | None, engine: str | None, calibrate_on: Path | None) -> None:
    """Refuse options that mean something for runs of detectors alone.

    Raises
    ------
    ParameterError
        If one is given.
    """
    if weights is not None or engine is not None:
        raise ParameterError("a PC space has no network; leave out --weights and --engine")
    if calibrate_on is not None:
        raise ParameterError(
            "a PC space takes no good new images for thresholds yet; leave out --calibrate-on, or "
            "put them among the training images and make the run again"
        )


def methods(pc: PCSpace) -> list[str]:
    """Return the methods that the run keeps all numbers of, in its order."""
    has_odds = pc.log_odds is not None
    kept = (*STATISTICS, "odds") if has_odds else STATISTICS
    return [name for name in pc.run.detectors if name in kept]


def left_out(pc: PCSpace) -> list[FindingInfo]:
    """Say which methods of the run score no new images."""
    has_lost_odds = "odds" in pc.run.detectors and pc.log_odds is None
    found = [NO_ODDS] if has_lost_odds else []
    return found + ([NO_FOREST] if "forest" in pc.run.detectors else [])


def part(pc: PCSpace, *, has_odds: bool) -> PCSpaceInfo:
    """Return what the scored folder says of its space, with the reason if there are no odds."""
    reason = pc.info.why_no_odds or ("" if has_odds else WHY_NO_ODDS)
    return dataclasses.replace(pc.info, why_no_odds=reason)
