"""What the live view of a run says in words, as HTML in which everything from data is escaped."""

from html import escape

from anomalylab.apps.detect.state import DetectState
from anomalylab.apps.kit.controls import text_options
from anomalylab.metrics import rate_interval, recall_by_type
from anomalylab.number_words import few_digits, plural
from anomalylab.pictures import map_colours
from anomalylab.runs.folder import Run
from anomalylab.runs.recall import defect_types

LEGEND_STEPS = range(0, 256, 15)

SET = text_options("detect/words.css")
"""How these words are set."""


def verdict_words(run: Run, detector: str) -> str:
    """Return what the run found with a detector, and which data that is."""
    info, extractor = run.info, run.detect.extractor
    height, width = extractor.size
    n_training = len(run.samples) - len(run.queries)
    against = f" against {n_training} training images" if n_training else ", each left out in turn"
    facts = (
        f"{len(run.queries)} images of “{info.dataset.root_name}” judged{against}; "
        f"{extractor.name} at {height} × {width} pixels. "
        f"{info.verdicts[detector].reason}"
    )
    verdict = info.verdicts[detector].sentence
    return f"<h2>{escape(verdict)}</h2><p class='note'>{escape(facts)}</p>"


def counts_words(state: DetectState) -> str:
    """Return what the threshold makes of the images, and where the threshold comes from."""
    counts = state.judged()["outcome"].value_counts()
    of = {name: int(counts.get(name, 0)) for name in (*counts.index, *KNOWN)}
    parts = [_confusion(of, _of_types(state))] if any(of[name] for name in KNOWN) else []
    parts += [
        f"<p><b>{of[name]}</b> {escape(name)} the threshold</p>"
        for name in ("above", "below")
        if name in counts
    ]
    if state.expected_by_chance is not None:
        parts.append(f"<p>About <b>{few_digits(state.expected_by_chance)}</b> by chance</p>")
    kind = "note chosen" if state.is_by_hand else "note"
    told = f"Threshold: {state.note()}.{_expected(state)}"
    return "".join(parts) + f"<p class='{kind}'>{escape(told)}</p>"


def _expected(state: DetectState) -> str:
    """Say how many good images lie beyond a threshold of the run, where it was found and here."""
    stated = state.where_found()
    if stated is None:
        return ""
    expected, n_found_on = stated
    words = f" Of {plural(n_found_on, 'good image')} about {few_digits(expected)} lie beyond it"
    is_labelled = state.run.is_labelled
    n_here = int((state.table["label"] == 0).sum()) if is_labelled else len(state.table)
    if state.run.info.is_unlabelled and n_here == n_found_on:
        return f"{words}."
    here = f"the {n_here} good ones here" if is_labelled else f"{n_here} here, if all are good,"
    return f"{words}, of {here} about {few_digits(expected * n_here / n_found_on)}."


KNOWN = ("found", "missed", "false alarm", "passed")


def _confusion(of: dict[str, int], of_types: str) -> str:
    defects, good = of["found"] + of["missed"], of["false alarm"] + of["passed"]
    rows = (
        ("defective", ("found", "tp"), ("missed", "fn")),
        ("good", ("false alarm", "fp"), ("passed", "tn")),
    )
    body = "".join(
        f"<tr><th scope='row'>{name}</th>"
        + "".join(
            f"<td class='{kind}'><b>{of[cell]}</b> {_many(cell, of[cell])}</td>"
            for cell, kind in cells
        )
        + "</tr>"
        for name, *cells in rows
    )
    head = "<tr><td></td><th scope='col'>above</th><th scope='col'>below</th></tr>"
    return (
        f"<table class='confusion'>{head}{body}</table>"
        + _rate("Defects found", of["found"], defects, 100, "%")
        + _rate("False alarms", of["false alarm"], good, 1000, "per 1 000 good parts")
        + of_types
        + "<p class='note'>In brackets: with 95 % confidence, for images like these.</p>"
    )


def _of_types(state: DetectState) -> str:
    """Return how many defects of each type the threshold finds; empty if no type is known."""
    table = state.table.assign(kind=defect_types(state.run.queries)[state.table["row"]].to_numpy())
    typed = table.dropna(subset="kind")
    found = recall_by_type(typed["kind"].to_numpy(), typed["score"].to_numpy(), state.threshold)
    if found.empty:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{escape(row['defect_type'])}</th>"
        f"<td>{row['n_found']} of {row['n_images']}</td>"
        f"<td>{100 * row['recall']:.3g} % <span class='note'>"
        f"({100 * row['low']:.3g} to {100 * row['high']:.3g})</span></td></tr>"
        for row in found.to_dict("records")
    )
    return f"<table class='types'><tr><th>Type</th><th>Found</th><th>Recall</th></tr>{rows}</table>"


def _many(word: str, n: int) -> str:
    return f"{word}s" if word == "false alarm" and n != 1 else word


def _rate(name: str, k: int, n: int, scale: int, unit: str) -> str:
    if not n:
        return ""
    low, high = (scale * bound for bound in rate_interval(k, n))
    return (
        f"<p>{name} <b>{scale * k / n:.3g}</b> {unit} "
        f"<span class='note'>({low:.3g} to {high:.3g})</span></p>"
    )


def listed_words(state: DetectState, n_listed: int) -> str:
    """Return how many images are listed and why, or what to do when none is."""
    n = len(state.table)
    if not n_listed:
        return "No image is left. Move the threshold or press “Show all images”."
    words = [f"{n_listed} of {n} images" if n_listed < n else f"All {n} images"]
    words += [f"{len(state.chosen)} chosen in the embedding"] if state.chosen else []
    words += [", ".join(state.where)] if state.where else []
    return "; ".join([*words, state.order]) + ". Click one to see it large."


def picture_words(state: DetectState, note: str) -> str:
    """Return which image is shown large, its score, what the threshold makes of it, and a note."""
    row = state.judged().set_index("sample_id").loc[state.sample_id]
    times = row["score"] / state.threshold if state.threshold > 0 else float("nan")
    share = f", {times:.2g} times the threshold" if times == times else ""
    facts = f"Score {row['score']:.4g}{share}: {row['outcome']}. {note}"
    return (
        f"<div class='above'><h3>What does {escape(state.detector)} see?</h3>"
        f"<p class='name'>{escape(state.sample_id)}</p><p class='note'>{escape(facts)}</p></div>"
    )


def nearest_words(state: DetectState) -> str:
    """Return which normal image is shown beside it."""
    row = state.table.set_index("sample_id").loc[state.sample_id]
    name = (
        escape(str(row["neighbour_id"])) if row["neighbour_id"] == row["neighbour_id"] else "none"
    )
    return (
        "<div class='above'><h3>What is normal there?</h3>"
        f"<p class='name'>{name}</p>"
        "<p class='note'>Nearest training image; framed: what matched.</p></div>"
    )


def map_legend(ramp: str) -> str:
    """Return a bar that says what the colours of anomaly maps mean."""
    stops = []
    for step in LEGEND_STEPS:
        red, green, blue, alpha = (int(c) for c in map_colours.colours(ramp)[step])
        stops.append(f"rgba({red},{green},{blue},{alpha / 255:.2f}) {100 * step / 255:.0f}%")
    middle = 100 * map_colours.STEPS_PER_THRESHOLD / 255
    return (
        f"<div class='legend'><i style='background:linear-gradient(90deg,{','.join(stops)})'></i>"
        f"<span style='left:{middle:.0f}%'>▴ threshold of maps</span></div>"
    )
