"""Visual anomaly detection for production lines, at home in Jupyter."""

__version__ = "0.1.0"


def load_ipython_extension(shell) -> None:
    """Prepare a notebook for plots without a network; called by ``%reload_ext anomalylab``."""
    from anomalylab.apps import prepare_notebook

    prepare_notebook()
