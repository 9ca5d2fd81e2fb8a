"""A small wheel that turns while the server works, shown after 150 ms."""

import panel as pn

BUSY = """
:host(.loader) { opacity: 0; }
:host(.loader.spin) { animation: appear 0s linear 150ms both; }
:host(.loader.spin) div::after { background: conic-gradient(#ee9a00 30%, #dfe3e8 0) !important; }
@keyframes appear { from { opacity: 0; } to { opacity: 1; } }
"""
"""Quick answers do not flicker."""


def busy() -> pn.indicators.LoadingSpinner:
    """Return a wheel that follows whether the server is busy with this page."""
    wheel = pn.indicators.LoadingSpinner(
        size=22, color="warning", align="start", margin=0, stylesheets=[BUSY]
    )
    pn.state.sync_busy(wheel)
    return wheel
