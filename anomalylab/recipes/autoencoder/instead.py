"""The command whose run scores new images as this recipe judges those that it has."""

from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.request import DETECTOR
from anomalylab.runs.command_words import run_instead
from anomalylab.runs.folder import Run


def command(run: Run) -> str:
    """Return the command that runs the detector with the settings of the main training.

    Parameters
    ----------
    run : Run
        Of this recipe.
    """
    part = run.info.part_of(AutoencoderInfo)
    return run_instead(run.info, DETECTOR, part.preset, part.parameters)
