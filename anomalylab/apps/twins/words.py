"""What the live view of twins says, as HTML in which everything from data is escaped."""

from html import escape
from typing import Any

import pandas as pd

from anomalylab.apps.kit.controls import text_options
from anomalylab.apps.twins.state import GOOD, LABELLED, MINE, PUBLISHED, TwinsState
from anomalylab.number_words import listed, plural
from anomalylab.progress import clock
from anomalylab.recipes.tuned_twins.comparison import LEVEL, finding
from anomalylab.recipes.tuned_twins.trial import DONE, FAILED, RUNNING, STOPPED, Trial

SET = text_options("twins/words.css")

MINE_NAME, UNTOUCHED_NAME = "yours", "untouched"

JUDGED = {
    MINE: "new twins by your dials",
    PUBLISHED: "new untouched twins",
    GOOD: "good images kept aside",
}

KINDS = {
    "brush": "stroke of a brush",
    "cutpaste": "pasted piece (CutPaste)",
    "cutpaste_scar": "pasted strip (CutPaste scar)",
    "draem": "foreign texture (DRAEM)",
    "line": "line (published)",
}


def kind_words(kind: str) -> str:
    """Return a kind of defect as people are told it."""
    return KINDS.get(kind, kind.replace("_", " "))


def judged_words(state: TwinsState, name: str) -> str:
    """Return images to be judged as people are told them."""
    if name in JUDGED:
        return JUDGED[name]
    kind = name.removeprefix(LABELLED)
    return f"labelled: {kind} ({len(state.material.types[kind])})"


def head_words(state: TwinsState) -> str:
    """Return what this page is, or what it found, and whether test knowledge was used."""
    comparison = state.comparison
    asked = "What should a defect look like that a network learns from?"
    title = asked if comparison is None else finding(comparison)
    material = state.material
    what = plural(len(material.learn) + len(material.aside), "image")
    vouched = "labelled good" if material.is_vouched else "taken for good, though nobody says so"
    return (
        f"<h2>{escape(title)}</h2><p class='note'>{what} of {escape(material.name)}, {vouched}, of "
        f"which {len(material.aside)} stay aside. Each of the others gets a <em>twin</em>: itself "
        "with a made-up defect. A network learns to tell the two apart; then an image is judged by "
        "its distance to the nearest good one. Turn the dials, train, look, turn again; the "
        "untouched, published twins are trained beside yours.</p>"
        f"{sight_words(state)}"
    )


def sight_words(state: TwinsState) -> str:
    """Return whether something is known of defects that the dials may have been turned by."""
    types = state.material.types
    used = [name for name in types if name in state.known or name in state.seen.known]
    if used:
        return (
            "<p class='warning'><b>Test knowledge was used.</b> The dials were turned after "
            f"you saw labelled defects of this folder: {escape(listed(used))}. Of these types "
            "the comparison proves nothing; it sets them apart.</p>"
        )
    seen = [name for name in types if name in state.seen.all]
    if seen:
        return (
            "<p class='warning'>You have now seen something of labelled defects of this folder: "
            f"{escape(listed(seen))}. Dials that you turn from here on are turned with test "
            "knowledge, and the comparison will set these types apart.</p>"
        )
    if not state.material.types:
        return (
            "<p class='note'>This folder names no defects: the comparison is on planted ones.</p>"
        )
    names = escape(listed(list(state.material.types)))
    return (
        f"<p class='note'>No test knowledge was used so far: nothing of the labelled defects "
        f"({names}) was shown.</p>"
    )


def dials_words(state: TwinsState) -> str:
    """Return the way to take these twins along, as a line of Python."""
    options = state.options
    given = ", ".join(
        f"{name}={value!r}"
        for name in ("kind", "place", "length", "width", "colour", "contrast", "scale")
        for value in [getattr(options, name)]
        if value != getattr(type(options), name, None) or name == "kind"
    )
    return (
        "<p class='note'>These dials, to take along:</p>"
        f"<pre class='code'>TwinOptions({escape(given)})</pre>"
    )


def training_words(state: TwinsState) -> str:
    """Return how far the training is, of each of the two."""
    mine, untouched = state.trials
    rows = [(MINE_NAME, mine), (UNTOUCHED_NAME, untouched)]
    if mine is untouched:
        rows = [("yours are the untouched twins", mine)]
    lines = "".join(
        f"<tr><th scope='row'>{name}</th><td>{_status(trial)}</td></tr>" for name, trial in rows
    )
    random = {t.judge.description for _, t in rows if t.judge is not None}
    warned = "".join(
        f"<p class='warning'>{escape(text)}</p>" for text in sorted(random) if "RANDOM" in text
    )
    return f"<table class='values'>{lines}</table>{warned}"


def _status(trial: Trial) -> str:
    epochs = f"{trial.n_epochs()} of {trial.course.epochs} epochs"
    if trial.status == RUNNING:
        what, share, left = trial.progress()
        time = f", about {clock(left)} left" if left is not None else ""
        return (
            f"<span class='bar' role='progressbar' aria-valuenow='{100 * share:.0f}'>"
            f"<span style='width:{100 * share:.0f}%'></span></span> "
            f"{escape(what)}{time} · {epochs}"
        )
    if trial.status == STOPPED:
        return f"stopped after {epochs}; goes on from there"
    if trial.status == FAILED:
        return f"<span class='failed'>failed: {escape(trial.trouble)}</span>"
    if trial.status == DONE:
        n = trial.n_epochs()
        return f"trained, {plural(n, 'epoch')}"
    return "not trained yet"


def judged_note(state: TwinsState) -> str:
    """Return what the two numbers under an image mean."""
    if not any(trial.judge for trial in _judges(state)):
        return "Train first; then each image is judged here."
    changed = ""
    if state.trained is not None and state.trained is not state.trials[0]:
        changed = " Judged by your last training: the dials have changed since."
    return (
        f"Under each: the share of {len(state.material.aside)} good images kept aside that are "
        "nearer to what was learnt than it is; 100 % stands out, 50 % looks like any good one."
        f"{changed} Click one to see where the heat lies."
    )


def _judges(state: TwinsState) -> list[Trial]:
    return [one for one in (state.trained, state.trials[1]) if one is not None]


def comparison_words(state: TwinsState) -> str:
    """Return the table of both trainings by type of defect, or what is to be done for one."""
    comparison = state.comparison
    if comparison is None:
        return _before_words(state)
    groups = (
        ("Not looked at before the dials were set", comparison[~comparison["is_seen"]]),
        ("Set apart: known when the dials were set", comparison[comparison["is_seen"]]),
    )
    body = "".join(
        f"<tr class='group'><th colspan='5' scope='colgroup'>{title}</th></tr>{_rows(rows)}"
        for title, rows in groups
        if len(rows)
    )
    return (
        "<div class='wide'><table class='values'><thead><tr><th scope='col'>type of defect</th>"
        "<th scope='col'>images</th><th scope='col'>AUROC, yours</th><th scope='col'>untouched</th>"
        f"<th scope='col'>difference</th></tr></thead><tbody>{body}</tbody></table></div>"
        f"<p class='note'>AUROC against {comparison['n_good'].iloc[0]} good images that neither "
        "learnt from: the chance that a defective one is farther than a good one; 0.5 is a guess. "
        f"All intervals of the upper part together hold with {100 * LEVEL:g} % confidence. Planted "
        "defects need not be like real ones, and a short training of one seed may turn out "
        "otherwise the next time.</p>"
    )


def _before_words(state: TwinsState) -> str:
    if state.is_untouched:
        return (
            "<p class='note'>Your dials are the untouched settings: turn one, and train, to have "
            "something to compare.</p>"
        )
    if not state.can_compare():
        return "<p class='note'>Train both first.</p>"
    if state.bench.is_running:
        return "<p class='note'>Under way …</p>"
    return (
        "<p class='note'>The comparison may be opened once for these dials: what it shows you know "
        "from then on, and dials turned afterwards are no longer fair on the same types.</p>"
    )


def _rows(rows: pd.DataFrame) -> str:
    cells = []
    one: Any
    for one in rows.itertuples():
        told = f"{one.difference:+.2f} ({one.low:+.2f} to {one.high:+.2f})".replace("-", "−")
        difference = f"<b>{told}</b>" if one.low > 0 or one.high < 0 else told
        if pd.isna(one.low):
            difference = "too few images"
        cells.append(
            f"<tr><th scope='row'>{escape(str(one.type))}</th><td>{one.n_images}</td>"
            f"<td>{one.tuned:.2f}</td><td>{one.untouched:.2f}</td><td>{difference}</td></tr>"
        )
    return "".join(cells)
