"""Scores with the axis that shows them, by hand; two languages are held against the same."""

SPREAD = [float(i) for i in range(11)]  # 10 % and 90 % lie at 1 and 9

CASES = {
    "all scores, no outlier": (SPREAD, 5.0, (-0.3, 10.3, False)),
    "a threshold beyond all scores": (SPREAD, 20.0, (-0.3, 20.3, False)),
    "a threshold in the margin": (SPREAD, 10.2, (-0.3, 10.3, False)),
    "a threshold below all scores": (SPREAD, -10.0, (-10.3, 10.3, False)),
    "outliers on both sides": (
        [-1e6, *[float(i) for i in range(1, 10)], 1e6],
        5.0,
        (-16.2, 26.2, False),
    ),
    "a threshold among outliers": ([*SPREAD[:-1], 1e6], 100.0, (-0.75, 100.75, False)),
    "an outlier on a logarithmic axis": (
        [1.0, *[2.0] * 4, *[4.0] * 4, 4.0, 1e9],
        4.0,
        (2**-0.12, 2**4.12, True),
    ),
    "a threshold of zero, which no logarithm has": (
        [1.0, *[2.0] * 4, *[4.0] * 4, 4.0, 100.0],
        0.0,
        (-0.21, 8.21, False),
    ),
    "one score": ([3.0], 3.0, (2.5, 3.5, False)),
    "most scores are one": ([*[0.0] * 20, 7.0], 0.0, (-0.21, 7.21, False)),
}
"""What it is -> scores, threshold, and low, high, is_log."""
