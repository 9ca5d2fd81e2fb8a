"""Whether strategies remove more defects than chance would."""

from typing import NamedTuple

import numpy as np
import pandas as pd

LEVEL = 0.05


class Removal(NamedTuple):
    """What a strategy removed, at one share to reject, summed over categories.

    Parameters
    ----------
    strategy, scorer : str
    reject : float
    n_removed, n_polluted, n_found : float
        Removed images, defects that were there, defects among the removed; means over seeds.
    expected : float
        Defects among as many images removed at random.
    p_value : float
        Chance of so many defects or more among them, as if all seeds were one draw.
    """

    strategy: str
    scorer: str
    reject: float
    n_removed: float
    n_polluted: float
    n_found: float
    expected: float
    p_value: float

    @property
    def is_chance(self) -> bool:
        """Whether the ranking cannot be told from a random one."""
        return self.p_value > LEVEL


def removals(cells: pd.DataFrame, pollution: float, reject: float) -> list[Removal]:
    """Count what each ranking removes, once whatever is fitted on the rest.

    Seeds pollute with overlapping images, so they do not count as so many draws: the mean number of
    defects removed is held against the distribution of a single one.

    Parameters
    ----------
    cells : DataFrame
        Rows of STUDY_CELLS.
    pollution, reject : float
        Shares that must occur.

    Returns
    -------
    removals : list of Removal
        Without the strategy that knows the truth.
    """
    done = cells[
        (cells["study"] == "refinement")
        & (cells["status"] == "done")
        & (cells["strategy"] != "perfect")
        & np.isclose(cells["pollution"], pollution)
        & np.isclose(cells["reject"], reject)
    ]
    once = done.drop_duplicates(["category", "strategy", "scorer", "seed"])
    counts = ["n_train", "n_polluted", "n_removed", "n_removed_polluted"]
    found = []
    for (strategy, scorer), rows in once.groupby(["strategy", "scorer"]):
        of_categories = rows.groupby("category")[counts].mean()
        n_train, n_polluted, n_removed, n_found = of_categories.to_numpy().T
        expected = n_removed * n_polluted / n_train
        p_value = _tail(of_categories.round().astype(int).to_numpy(), float(n_found.sum()))
        found.append(
            Removal(
                str(strategy),
                str(scorer),
                reject,
                n_removed=float(n_removed.sum()),
                n_polluted=float(n_polluted.sum()),
                n_found=float(n_found.sum()),
                expected=float(expected.sum()),
                p_value=p_value,
            )
        )
    return found


def _tail(counts: np.ndarray, n_found: float) -> float:
    """Return the chance of ``n_found`` defects or more in all categories together."""
    from scipy.stats import hypergeom  # takes a second to load, and only studies come here

    whole = np.ones(1)
    for n_train, n_polluted, n_removed, _ in counts:
        one = hypergeom.pmf(np.arange(n_polluted + 1), n_train, n_polluted, n_removed)
        whole = np.convolve(whole, one)
    return float(min(1.0, whole[int(np.floor(n_found + 1e-9)) :].sum()))
