"""Visual anomaly detection for production lines, at home in Jupyter."""

__version__ = "0.1.0"
