"""Means over the rows of an epoch, step by step."""

from typing import Any


class Means:
    """Sums of measures, each weighted by its rows."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, measures: dict[str, float], n_rows: int) -> None:
        """Count the measures of a step in."""
        for name, value in measures.items():
            total, n_before = self.sums.get(name, (0.0, 0))
            self.sums[name] = total + float(value) * n_rows, n_before + n_rows

    def take(self) -> dict[str, float]:
        """Return the means and begin anew."""
        means = {name: total / n_rows for name, (total, n_rows) in self.sums.items()}
        self.sums = {}
        return means

    def state(self) -> dict[str, Any]:
        """Return the sums as JSON values."""
        return {name: list(pair) for name, pair in self.sums.items()}

    @classmethod
    def of(cls, state: dict[str, Any]) -> "Means":
        """Return what :meth:`state` was told of."""
        means = cls()
        means.sums = {name: (float(total), int(n)) for name, (total, n) in state.items()}
        return means
