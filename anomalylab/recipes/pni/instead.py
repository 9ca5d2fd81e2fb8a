"""The command whose run scores new images as this recipe judges those that it has."""

from anomalylab.recipes.pni.info import PNIInfo
from anomalylab.recipes.pni.request import DETECTOR
from anomalylab.runs.command_words import run_instead
from anomalylab.runs.folder import Run


def command(run: Run) -> str:
    """Return the command that runs PNI on the first category, refined if the recipe refined maps.

    Parameters
    ----------
    run : Run
        Of this recipe.
    """
    part = run.info.part_of(PNIInfo)
    several = len(part.categories) > 1 and "--category" not in run.info.command
    further = ["--category", part.categories[0]] if several else []
    further += ["--backbone", part.backbones[0]] if part.backbones else []
    further += ["--refine"] if part.refine is not None else []
    parameters = {k: v for k, v in part.parameters.items() if k != "seed"}
    return run_instead(run.info, DETECTOR, part.preset, parameters, further)
