"""Stub."""

from anomalylab.reports.fragment import Fragment
from anomalylab.run_folder import Run


def provenance(run: Run) -> Fragment:
    """Show nothing yet."""
    return Fragment("")
