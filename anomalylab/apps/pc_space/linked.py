"""The windows on show and those lit up: what cloud and image have in common."""

from typing import Any

import numpy as np
import param

from anomalylab.apps.pc_space.clouds import CloudSet, make_clouds
from anomalylab.apps.pc_space.state import PCSpaceState
from anomalylab.pc_space.cloud import Cloud


class LinkedWindows(param.Parameterized):
    """Clouds and masks that follow the state.

    Parameters
    ----------
    state : PCSpaceState
    """

    shown: CloudSet = param.Parameter(doc="The clouds on show")  # type: ignore[assignment]
    current: Cloud = param.Parameter(  # type: ignore[assignment]
        doc="The cloud of the image on the right"
    )
    masks: list[np.ndarray] = param.Parameter(  # type: ignore[assignment]
        doc="Windows lit up, one array a cloud on show"
    )
    lit: np.ndarray = param.Parameter(  # type: ignore[assignment]
        doc="Windows lit up in the image on the right"
    )

    def __init__(self, state: PCSpaceState):
        super().__init__()
        self.state = state
        self.names: tuple[str, ...] = ()
        state.param.watch(self._load, ["sample_id", "of", "n_images", "score"])
        state.param.watch(self._select, "select")
        self._load()

    @property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where in the cloud the windows lie that are lit up."""
        state = self.state
        if state.selection is not None and state.selection.is_in_image:
            return CloudSet([self.current]).lit([self.lit], state.x, state.y)
        return self.shown.lit(self.masks, state.x, state.y)

    @property
    def lit_clouds(self) -> tuple[list[Cloud], list[np.ndarray]]:
        """The clouds in which windows may be lit up, and which of them are."""
        if self.state.selection is not None and self.state.selection.is_in_image:
            return [self.current], [self.lit]
        return self.shown.clouds, self.masks

    def _load(self, *_) -> None:
        names = tuple(self.state.cloud_of())
        changed: dict[str, Any] = {"current": self.state.pc.cloud(self.state.sample_id)}
        if names != self.names:
            self.names = names
            is_one = names == (self.state.sample_id,)
            clouds = [changed["current"]] if is_one else make_clouds(self.state.pc, names)
            changed["shown"] = CloudSet(clouds)
        self.param.update(**changed, **self._masks(changed.get("shown", self.shown), changed))

    def _select(self, *_) -> None:
        self.param.update(**self._masks(self.shown, {"current": self.current}))

    def _masks(self, shown: CloudSet, changed: dict[str, Any]) -> dict[str, Any]:
        selection, current = self.state.selection, changed["current"]
        if selection is None:
            return {"masks": [], "lit": np.zeros(current.shape, bool)}
        lit = selection.windows(current)
        if selection.is_in_image:
            return {"masks": [], "lit": lit}
        is_one = len(shown.clouds) == 1 and shown.clouds[0] is current
        masks = [lit] if is_one else [selection.windows(cloud) for cloud in shown.clouds]
        return {"masks": masks, "lit": lit}
