"""What the live view of a study says, as HTML in which everything from data is escaped."""

from html import escape

import pandas as pd

from anomalylab.apps.kit.controls import text_options
from anomalylab.apps.study.images import GROUPS
from anomalylab.apps.study.state import StudyState
from anomalylab.metrics.in_studies import DECISION, IN_STUDIES, REMOVED, told
from anomalylab.number_words import fixed, percent, plural
from anomalylab.studies.findings import Findings
from anomalylab.studies.sentences import failed_words, mending, overlap_words, sentence

SET = text_options("study/words.css")


def head_words(found: Findings) -> str:
    """Return what the study found, and what weakens it."""
    warnings = [overlap_words(of) for of in found.overlaps]
    if len(found.study.failed):
        warnings.append(failed_words(found))
    told_of = "".join(f"<p class='warning'>{escape(text)}</p>" for text in warnings)
    mended = " ".join(text for text in mending(found))
    return f"<h2>{escape(sentence(found))}</h2>{told_of}<p class='note'>{escape(mended)}</p>"


def point_words(state: StudyState) -> str:
    """Return the point that is looked at, and what was measured there."""
    values = state.values()
    rows = "".join(
        f"<tr><th scope='row' title='{escape(told(name).meaning)}'>{escape(told(name).title)}</th>"
        f"<td>{_value(name, value)}</td><td class='note'>{_around(name, deviation)}</td></tr>"
        for name in (*IN_STUDIES, *(n for n in values if n not in IN_STUDIES))
        if name in values
        for value, deviation in [values[name]]
    )
    missing = (
        "" if rows else "<p class='note'>This was not measured: the study has no such point.</p>"
    )
    return (
        f"<h3>{escape(state.title())}</h3>{missing}<table class='values'>{rows}</table>"
        "<p class='note'>± one standard deviation over draws</p>"
    )


def _is_share(name: str) -> bool:
    return told(name).group in (DECISION, REMOVED)


def _value(name: str, value: float) -> str:
    return percent(value) if _is_share(name) else fixed(value, 3)


def _around(name: str, deviation: float) -> str:
    return f"± {_value(name, deviation)}" if deviation == deviation else ""


def listed_words(state: StudyState, n: int) -> str:
    """Return how many images are listed, and what they are."""
    what = GROUPS[state.group]
    if not n:
        return f"No image here: {what}. Choose other images, or another point."
    at = "; at the 5 % threshold" if state.at == "verdict" and "threshold" in what else ""
    return f"{plural(n, 'image')}: {what}{at}. Under each: in how many draws. Click to enlarge."


def large_words(state: StudyState, note: str) -> str:
    """Return which image is shown large, and its class."""
    samples = state.study.tables.samples.set_index("sample_id")
    row = samples.loc[state.sample_id]
    label, kind = row["label"], row["defect_type"]
    known: str = "unknown" if pd.isna(label) else ("good", "defective")[int(label)]
    facts = f"{known}{'' if pd.isna(kind) else f', {kind}'}. {note}"
    return (
        f"<div><h3>Which image is this?</h3><p class='name'>{escape(state.sample_id)}</p>"
        f"<p class='note'>{escape(facts)}</p></div>"
    )
