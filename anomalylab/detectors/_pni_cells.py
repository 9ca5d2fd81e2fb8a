"""What PNI says of cells once it has learnt: what is likely at a place and beside others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anomalylab.compute.masked_nearest import MaskedNearest
from anomalylab.detectors._allowed import Rules
from anomalylab.detectors._learns import Learns
from anomalylab.detectors._patch_cells import patch_cells
from anomalylab.features import Features

if TYPE_CHECKING:
    from anomalylab.training.neighbourhood import Neighbourhood, NeighbourhoodNet


class _Learnt(Learns):
    """What a fit sets, so that it is no field of a dataclass."""

    bank_: np.ndarray
    bank_image_: np.ndarray
    bank_cell_: np.ndarray
    kind_: np.ndarray
    position_: np.ndarray


@dataclass(kw_only=True)
class Cells(_Learnt):
    """The parameters of :class:`~anomalylab.detectors.pni.PNI`, and what they say of cells."""

    levels: tuple[str, ...] | str | None = None
    coreset: float = 0.1
    n_kinds: int = 256
    radius: int = 1
    reach: int = 4
    n_seen: int | None = 32
    n_layers: int = 3
    width: int = 512
    dropout: float = 0.5
    epochs: int = 15
    learning_rate: float = 1e-3
    n_batch: int = 2048
    validation: float = 0.1
    temperature: float = 2.0
    use: str = "both"
    combine: str = "prob"
    tau_ref: str = "dist"
    tau: float | None = None
    fallback: str = "nearest"
    penalty: float = 0.0
    image_score: str = "max"
    margin: int = 0
    pooling: str = "mean"
    n_channels: int = 1024
    side: int = 3
    position_over: str = "dist"
    mapping: str = "kind"
    is_off_by_one: bool = False
    is_edge_kept: bool = False
    seed: int = 0
    device: str = "auto"

    def embed(self, features: Features) -> np.ndarray:
        """Return the cells that are compared: (n_images, n_rows, n_cols, n_channels)."""
        return patch_cells(features, self.pooling, self.n_channels, self.side)

    def inner(self, maps: np.ndarray) -> np.ndarray:
        """Return maps (n_images, n_rows, n_cols, ...) without the margin."""
        inside = slice(self.border, -self.border or None)
        return maps[:, inside, inside]

    @property
    def border(self) -> int:
        """Cells along the border that are left out as the detector is used."""
        is_kept = self.is_edge_kept and self.use in ("position", "none")
        return 0 if is_kept else self.margin

    def rules(self) -> Rules:
        """Return what decides what is allowed."""
        n_reference = len(self.bank_) if self.tau_ref == "emb" else self.n_kinds
        tau = 1 / (2 * n_reference) if self.tau is None else self.tau
        kind = self.kind_ if self.mapping == "rank" else None
        return Rules(tau, self.combine, self.use, self.fallback, self.penalty, self.mapping, kind)

    def shares(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``p(kind | place)`` and ``p(kind | neighbours)`` of cells without the margin.

        Parameters
        ----------
        cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
            As :meth:`embed` returns them.

        Returns
        -------
        position, beside : float32 ndarray of shape (n_cells, n_kinds)
            The latter 0 where neighbours are not used.
        """
        position = np.broadcast_to(self.position_, (len(cells), *self.position_.shape))
        position = position.reshape(-1, position.shape[3])
        if self.use in ("position", "none"):
            return position, np.zeros_like(position)
        from anomalylab.training.neighbourhood import shares_of_kinds

        seen = self.seen_by_network(cells)
        beside = self.inner(shares_of_kinds(self._network(), seen, temperature=self.temperature))
        beside = beside.reshape(-1, beside.shape[3])
        return position, beside if self.position_over == "dist" else beside[:, self.kind_]

    def prepared(self) -> MaskedNearest:
        """Return the memory ready for search; prepared once."""
        if "_prepared" not in self.__dict__:
            kinds = self.kind_ if self.position_over == "dist" else None
            self._prepared = MaskedNearest(self.bank_, kinds, n_kinds=self.position_.shape[2])
        return self._prepared

    def shape(self) -> "Neighbourhood":
        """Return what the network looks at and how large it is."""
        from anomalylab.training.neighbourhood import Neighbourhood

        return Neighbourhood(
            reach=self.reach,
            n_layers=self.n_layers,
            width=self.width,
            dropout=self.dropout,
            is_off_by_one=self.is_off_by_one,
        )

    def seen_by_network(self, cells: np.ndarray) -> np.ndarray:
        """Return cells brought to few channels at random, if these are fewer."""
        if self.n_seen is None or self.n_seen >= cells.shape[3]:
            return cells
        from anomalylab.compute.coreset import random_projection

        flat = random_projection(cells.reshape(-1, cells.shape[3]), self.n_seen, seed=self.seed)
        return flat.reshape(*cells.shape[:3], self.n_seen)

    def _network(self) -> "NeighbourhoodNet":
        """Return the network that has learnt; of a detector that was loaded, it is built again."""
        if "_learnt_network" not in self.__dict__:
            import torch

            from anomalylab.training.device import chosen_device
            from anomalylab.training.neighbourhood import NeighbourhoodNet

            n_channels = self.weights_["first.weight"].shape[1]
            network = NeighbourhoodNet(n_channels, self.n_kinds, self.shape())
            network.load_state_dict({k: torch.from_numpy(v) for k, v in self.weights_.items()})
            network.to(chosen_device(self.device)).to(memory_format=torch.channels_last)
            self._learnt_network = network.eval()
        return self._learnt_network
