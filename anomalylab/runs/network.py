"""The network of a finished run, loaded again."""

from anomalylab import extractors
from anomalylab.errors import WeightsError
from anomalylab.extractors import Extractor
from anomalylab.runs.folder import Run


def network_of(base: Run, weights: str | None = None, engine: str | None = None) -> Extractor:
    """Return the network that a run of detectors was made with.

    Parameters
    ----------
    base : Run
    weights : str, optional
        File of its weights, if the run was made with one.
    engine : str, optional
        What runs it; that of the run if it is installed, else the fastest there is.

    Raises
    ------
    WeightsError
        If the network at hand is another one.
    """
    made = base.detect.extractor
    parameters = made.parameters if weights is None else made.parameters | {"weights": weights}
    try:
        return extractors.create_again(made.name, parameters, made.fingerprint, engine=engine)
    except extractors.OtherNetworkError as error:
        raise WeightsError(
            f"the network at hand is not the one of {base.folder} ({made.weights}); give the "
            "file of its weights with --weights"
        ) from error
