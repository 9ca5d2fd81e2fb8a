"""A small wheel that turns while the server works, shown after 150 ms."""

import panel as pn

from anomalylab.apps.kit.styles import style_sheet


def busy() -> pn.indicators.LoadingSpinner:
    """Return a wheel that follows whether the server is busy with this page."""
    wheel = pn.indicators.LoadingSpinner(
        size=22, color="warning", align="start", margin=0, stylesheets=[style_sheet("kit/busy.css")]
    )
    pn.state.sync_busy(wheel)
    return wheel
