"""The whole check: facts, numbers and findings."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from anomalylab.datasets.check._beside import beside
from anomalylab.datasets.check._content import check_duplicates, check_formats, check_masks
from anomalylab.datasets.check._facts import read_facts
from anomalylab.datasets.check._finding import SEVERITIES, Finding, about
from anomalylab.datasets.check._pixels import (
    check_resolution,
    check_sizes,
    check_values,
    resolution,
)
from anomalylab.datasets.check._roles import check_roles, counts, loader_findings


@dataclass(frozen=True)
class Report:
    """What a data set holds; everything is fit for JSON.

    Parameters
    ----------
    n_images : int
        Images that can be used.
    counts : list of dict
        ``split``, ``label`` (normal, anomalous or unknown), ``defect_type``, ``n_images``, ``use``.
    sizes : list of dict
        ``width``, ``height``, ``n_images``, the most frequent first.
    kinds : list of dict
        ``format``, ``mode``, ``bits``, ``n_images``, the most frequent first.
    resolution : dict
        ``size``, ``cell``, ``cell_height``, ``cell_width``, ``shrink``, ``n_defects``, ``n_small``.
    n_masks : int
    broken_masks : list of str
        Paths of masks that cannot be read.
    ignored : dict
        Numbers of files that are no images, by suffix.
    findings : list of Finding
        The worst first.
    """

    n_images: int
    counts: list[dict]
    sizes: list[dict]
    kinds: list[dict]
    resolution: dict
    n_masks: int
    broken_masks: list[str]
    ignored: dict[str, int]
    findings: list[Finding]

    @property
    def is_usable(self) -> bool:
        """Whether something can be computed."""
        return all(finding.severity != "error" for finding in self.findings)

    def with_whole_masks(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Return samples in which masks that cannot be read count as missing."""
        whole = samples["mask_path"].mask(samples["mask_path"].isin(self.broken_masks))
        attrs, samples = samples.attrs, samples.assign(mask_path=whole)
        samples.attrs = attrs
        return samples

    def with_findings(self, more: list[Finding]) -> "Report":
        """Return the report with further findings, the worst first."""
        return replace(self, findings=_worst_first([*self.findings, *more]))

    def to_dict(self) -> dict:
        """Return the report as lists, dicts, numbers and strings."""
        return asdict(self)


def check(
    samples: pd.DataFrame,
    root: Path,
    *,
    size: tuple[int, int] = (224, 224),
    cell: int = 16,
    intensity: str = "full",
) -> Report:
    """Look through a data set before work starts.

    Every file is read for its content hash and every mask decoded; of images of more than 8 bits
    a sample is decoded, and so are images of one size and one first row. Damage inside the pixels
    of other images shows only when they are used.

    Parameters
    ----------
    samples : DataFrame
        What :func:`anomalylab.datasets.load` returned.
    root : Path
        Folder that the paths are relative to.
    size : (height, width)
        What images will be resized to, in pixels.
    cell : int
        Side of a cell of the finest feature map, in pixels of the resized image.
    intensity : str
        The intensity rule, see :mod:`anomalylab.images.read`.

    Returns
    -------
    report : Report

    Raises
    ------
    ParameterError
        If the intensity rule is not understood.
    """
    facts = read_facts(samples, Path(root))
    seen = resolution(facts, size, cell)
    findings = [
        *check_roles(samples[(facts["problem"] == "").to_numpy()]),
        *_broken(samples, facts),
        *check_duplicates(facts),
        *loader_findings(samples.attrs.get("findings", [])),
        *check_masks(facts),
        *check_formats(facts),
        *check_values(facts, intensity),
        *check_resolution(facts, seen),
        *check_sizes(facts),
    ]
    return Report(
        n_images=len(samples),
        counts=counts(samples),
        sizes=_frequencies(facts, ["width", "height"]),
        kinds=_frequencies(facts, ["format", "mode", "bits"]),
        resolution=seen,
        n_masks=int(facts["mask_height"].notna().sum()),
        broken_masks=facts.loc[facts["mask_problem"] != "", "mask_path"].tolist(),
        ignored=samples.attrs.get("ignored", {}),
        findings=_worst_first(findings),
    )


def check_new(
    samples: pd.DataFrame,
    root: Path,
    known: pd.DataFrame,
    *,
    size: tuple[int, int],
    cell: int,
    intensity: str,
) -> list[Finding]:
    """Look through new images before a finished run scores them; roles and masks play no part.

    Parameters
    ----------
    samples : DataFrame
        What :func:`anomalylab.datasets.load` returned.
    root : Path
        Folder that the paths are relative to.
    known : DataFrame
        Rows of SAMPLES of the images that the run was fitted on.
    size, cell, intensity
        As of :func:`check`, those of the run.

    Returns
    -------
    findings : list of Finding
        The worst first.
    """
    facts = read_facts(samples.assign(mask_path=None), root)
    findings = [
        *_broken(samples, facts),
        *check_duplicates(facts),
        *loader_findings(samples.attrs.get("findings", [])),
        *check_values(facts, intensity),
        *beside(samples, known),
        *check_resolution(facts, resolution(facts, size, cell)),
        *check_sizes(facts),
    ]
    return _worst_first(findings)


def _worst_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _broken(samples: pd.DataFrame, facts: pd.DataFrame) -> list[Finding]:
    broken = samples.attrs.get("broken", [])
    reasons = {item["path"]: item["reason"] for item in broken}
    later = facts[facts["problem"] != ""]
    reasons |= dict(zip(later["image_path"], later["problem"], strict=True))
    first = next(iter(reasons.items()), ("", ""))
    return about(
        "warning",
        "broken_files",
        reasons,
        f"{{files}} set aside; {first[0]!r}: {first[1]}",
        "save them again, or remove them",
    )


def _frequencies(facts: pd.DataFrame, columns: list[str]) -> list[dict]:
    table = facts[columns].value_counts().rename("n_images").reset_index()
    table = table.sort_values(["n_images", *columns], ascending=[False, *[True] * len(columns)])
    return [
        {name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _plain(value: object) -> str | int:
    return value if isinstance(value, str) else int(value)  # type: ignore[call-overload]
