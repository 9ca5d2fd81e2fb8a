"""A report in plain text."""

from anomalylab.datasets.check._finding import Finding
from anomalylab.datasets.check._report import Report

_N_LINES = 5  # sizes, kinds and paths shown


def describe(report: Report) -> str:
    """Put a report into words that a newcomer understands.

    Parameters
    ----------
    report : Report

    Returns
    -------
    text : str
        Several lines; control characters in file names are escaped.
    """
    sections = {
        "What each image is used for": _uses(report),
        "Images": _images(report),
        "What can be seen": _resolution(report),
        "Findings": [line for finding in report.findings for line in _finding(finding)],
    }
    lines = []
    for title, content in sections.items():
        lines += [title, *(f"  {line}" for line in content or ["nothing to report"]), ""]
    return "\n".join(lines).rstrip()


def _uses(report: Report) -> list[str]:
    rows = [
        (str(c["n_images"]), c["split"], c["label"], _quoted(c["defect_type"]), c["use"])
        for c in report.counts
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return [
        f"{row[0]:>{widths[0]}}  "
        + "  ".join(f"{row[i]:{widths[i]}}" for i in range(1, 4))
        + f"  {row[4]}"
        for row in rows
    ]


def _images(report: Report) -> list[str]:
    sizes = [f"{s['n_images']} of {s['width']} x {s['height']}" for s in report.sizes]
    kinds = [
        f"{k['n_images']} {k['format']}, {k['mode']}, {k['bits']} bits a channel"
        for k in report.kinds
    ]
    lines = [
        f"{report.n_images} images, {report.n_masks} masks",
        f"width x height in pixels: {_some(sizes)}",
        f"kinds: {_some(kinds, '; ')}",
    ]
    if report.ignored:
        others = [f"{n} {kind or 'without suffix'}" for kind, n in report.ignored.items()]
        lines.append(f"other files, not looked at: {_some(others)}")
    return lines


def _resolution(report: Report) -> list[str]:
    seen = report.resolution
    height, width = seen["size"]
    lines = [
        f"images are resized to {width} x {height} (width x height); one cell of {seen['cell']} "
        f"pixels covers {seen['cell_width']:g} x {seen['cell_height']:g} pixels of the original",
    ]
    if seen["n_defects"]:
        lines.append(
            f"{seen['n_defects']} defects are marked, {seen['n_small']} of them smaller than a cell"
        )
    return lines


def _finding(finding: Finding) -> list[str]:
    lines = [f"{finding.severity.upper()}: {finding.message}"]
    if finding.advice:
        lines.append(f"  -> {finding.advice}")
    if finding.paths:
        shown = [_quoted(path) for path in finding.paths[:_N_LINES]]
        more = finding.n - len(shown)
        lines.append(f"  {', '.join(shown)}{f' and {more} more' if more else ''}")
    return lines


def _quoted(text: str) -> str:
    """Escape line breaks and other control characters; leave all that can be printed."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _some(items: list[str], separator: str = ", ") -> str:
    shown = separator.join(items[:_N_LINES])
    more = len(items) - _N_LINES
    return f"{shown}{separator}and {more} other kinds" if more > 0 else shown
