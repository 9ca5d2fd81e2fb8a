"""Tokens of a vision transformer as maps of cells, and back."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class ImageTokens(nn.Module):
    """The first steps of a vision transformer of timm: (n, 3, height, width) -> (n, tokens, d).

    Parameters
    ----------
    model : Module
        It loses its blocks and what follows them.
    """

    def __init__(self, model: Any):
        super().__init__()
        model.blocks, model.norm = nn.Identity(), nn.Identity()
        self.model = model

    def forward(self, colours: Tensor) -> Tensor:
        """Cut images into patches, embed them and add where they are."""
        tokens = self.model._pos_embed(self.model.patch_embed(colours))
        return self.model.norm_pre(self.model.patch_drop(tokens))


class Cells(nn.Module):
    """(n, tokens, d) -> (n, d, rows, cols).

    Parameters
    ----------
    grid : (n_rows, n_cols)
        Of the cells.
    n_apart : int
        Tokens that come first and belong to no cell.
    keeps_apart : bool
        Whether those fill rows of their own above the cells, zeros after them; else they are left
        out.
    """

    def __init__(self, grid: tuple[int, int], n_apart: int, *, keeps_apart: bool):
        super().__init__()
        self.grid, self.n_apart, self.keeps_apart = grid, n_apart, keeps_apart

    def forward(self, tokens: Tensor) -> Tensor:
        """Lay tokens out as a map."""
        cells = tokens[:, self.n_apart :]
        if self.keeps_apart:
            n_empty = -self.n_apart % self.grid[1]
            apart = functional.pad(tokens[:, : self.n_apart], (0, 0, 0, n_empty))
            cells = torch.cat([apart, cells], dim=1)
        n_images, _, n_channels = cells.shape
        return cells.reshape(n_images, -1, self.grid[1], n_channels).permute(0, 3, 1, 2)


class CellTokens(nn.Module):
    """The way back from :class:`Cells` that keeps tokens apart."""

    def __init__(self, grid: tuple[int, int], n_apart: int):
        super().__init__()
        self.n_cells, self.n_apart = grid[0] * grid[1], n_apart

    def forward(self, maps: Tensor) -> Tensor:
        """Put the tokens of a map in a row."""
        tokens = maps.flatten(2).transpose(1, 2)
        return torch.cat([tokens[:, : self.n_apart], tokens[:, -self.n_cells :]], dim=1)
