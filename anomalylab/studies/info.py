"""What ``run.json`` holds of a study."""

from dataclasses import dataclass, field

from anomalylab.runs.info import DetectorInfo, ExtractorInfo


@dataclass(frozen=True, kw_only=True)
class StudyInfo:
    """The part of a study.

    Parameters
    ----------
    extractor : ExtractorInfo
    detectors : dict
        Label -> detector, those that are fitted and those that only rank.
    fitted : list of str
        Labels of those that are fitted.
    categories : list of str
        Those that were studied.
    left_out : dict
        Category -> why it was not.
    sizes : dict
        Category -> height and width that images were resized to.
    share, split_seed, protocol
        Where defective training images come from, see
        :class:`anomalylab.studies.spec.PollutionSource`.
    table : str
        Name of the CSV of a split that was given, empty if none was.
    levels, seeds, rejects, strategies, scorers
        The grid: shares of pollution, of both parts of the study; labels of strategies.
    refined_at : list of float
        Shares of pollution from which strategies removed images.
    healing : dict
        How strategies healed that do, see :class:`anomalylab.studies.strategy.Healing`; empty if
        none did.
    places : str
        Where anomaly maps were compared with masks.
    smoothing : float
    n_cells, n_failed : int
    """

    extractor: ExtractorInfo
    detectors: dict[str, DetectorInfo]
    fitted: list[str]
    categories: list[str]
    left_out: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    share: float = 0.2
    split_seed: int = 0
    protocol: str = "replace"
    table: str = ""
    levels: list[float] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    rejects: list[float] = field(default_factory=list)
    strategies: list[str] = field(default_factory=list)
    scorers: list[str] = field(default_factory=list)
    refined_at: list[float] = field(default_factory=list)
    healing: dict[str, object] = field(default_factory=dict)
    places: str = "none"
    smoothing: float = 4.0
    resize: str = "bilinear"
    n_cells: int = 0
    n_failed: int = 0
