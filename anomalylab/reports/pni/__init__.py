"""The parts of the page on PNI, each a function of a run."""

from pathlib import Path

from anomalylab.recipes.pni.request import PNIRequest
from anomalylab.recipes.pni.run import run as make
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.parts.provenance import provenance as provenance_of_run
from anomalylab.reports.pni.curves import curves
from anomalylab.reports.pni.headline import headline
from anomalylab.reports.pni.values import values
from anomalylab.runs.folder import Run

__all__ = ["curves", "headline", "made", "provenance", "values"]


def made(run: str, data: str = "", *, preset: str = "cpu", out: str = "") -> Run:
    """Open a finished run, or make one here.

    Parameters
    ----------
    run : str
        Folder of a finished run; empty to make one.
    data : str
        Folder of images, built-in ones if empty.
    preset : str
        Of the detector ``pni``.
    out : str
        Folder of the run that is made; ``reports/`` and the name of the images if empty.
    """
    if run:
        return Run(run)
    folder = Path(data) if data else None
    name = f"{folder.resolve().name if folder else 'built-in'}-pni"
    request = PNIRequest(data=folder, preset=preset)
    return make(request, Path(out) if out else Path("reports", name))


def provenance(run: Run) -> Fragment:
    """Show the command, findings in the data, parameters, versions, time and memory.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    return provenance_of_run(run)
