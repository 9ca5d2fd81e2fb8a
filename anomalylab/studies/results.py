"""Results of jobs, read from where workers keep them."""

from collections.abc import Mapping
from typing import NamedTuple

from anomalylab.storage.blocks import Arrays
from anomalylab.storage.cache import cache_folder
from anomalylab.studies.store import result_store, stored
from anomalylab.studies.worker import REASON


class Result(NamedTuple):
    """What came of a job.

    Parameters
    ----------
    arrays : mapping
        Empty if it failed.
    reason : str
        Why it failed; empty if it did not.
    seconds : float
        NaN if it failed without a result.
    """

    arrays: Arrays
    reason: str
    seconds: float


def read_result(name: str, missing: Mapping[str, str]) -> Result:
    """Return what came of a job.

    Parameters
    ----------
    name : str
        Of its result.
    missing : mapping
        Name -> reason of the results that are not there.

    Raises
    ------
    StorageError
        If a result that was written has vanished.
    """
    if name in missing:
        return Result({}, missing[name], float("nan"))
    arrays = stored(name)
    reason = str(arrays[REASON]) if REASON in arrays else ""
    return Result({} if reason else arrays, reason, float(arrays["seconds"]))


def is_there(name: str) -> bool:
    """Tell whether a result was kept, and is as it was written."""
    return result_store(cache_folder()).read(name) is not None
