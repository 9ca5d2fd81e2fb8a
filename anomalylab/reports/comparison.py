"""Stub."""

from anomalylab.reports.fragment import Fragment
from anomalylab.run_folder import Run


def comparison(run: Run) -> Fragment:
    """Show nothing yet."""
    return Fragment("")
