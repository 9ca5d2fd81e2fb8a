"""Tables 1, 2 and 4 of the publication, its values beneath those of the study."""

from anomalylab.number_words import fixed, listed, percent, plural
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.paper.wide import detectors_of, steps, wide
from anomalylab.studies.opened import Study
from anomalylab.studies.paper import MEAN, QUESTIONS, PaperTable, base, paper_table
from anomalylab.studies.published import CAVEAT, SOURCE

FEW = 0.02
"""Difference of means up to which a study is said to agree."""


def about(study: Study) -> Fragment:
    """Say which of the published categories are here, which are missing, and what is compared.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Fragment
    """
    table = paper_table(study, 1)
    known = [name for name in study.categories if name not in table.missing]
    theirs = [name for name in known if _is_published(table, name)]
    asked = f"{SOURCE} {CAVEAT}"
    missing = f"Missing here: {listed(table.missing)}." if table.missing else "None is missing."
    own = [name for name in study.categories if name not in theirs]
    reasons = [missing]
    if own:
        reasons.append(f"Not published: {listed(own)}.")
    reasons += [told for number in (1, 2, 4) if (told := agreement(paper_table(study, number)))]
    n_published = len(theirs) + len(table.missing)
    sentence = f"{len(theirs)} of the {n_published} published products are in this study."
    html = render(
        "parts/verdict",
        name="",
        sentence=sentence,
        reasons=reasons,
        asked=asked,
        warnings=[],
        tiles=[],
        others=[],
        judges="",
        terms={},
    )
    return Fragment(html)


def _is_published(table: PaperTable, category: str) -> bool:
    rows = table.rows
    return bool(rows.loc[rows["category"] == category, "published"].notna().any())


def agreement(table: PaperTable) -> str:
    """Say how far mean AUROC lies from the published one of the same products, by detector."""
    rows = table.rows
    means = rows[(rows["category"] == MEAN) & (rows["metric"] == "auroc")]
    both = means.dropna(subset=["value", "published_same"])
    if both.empty:
        return ""
    off = (both["value"] - both["published_same"]).abs()
    worst = both["detector"].iloc[int(off.to_numpy().argmax())]
    apart = f"off by up to {fixed(100 * float(off.max()), 1)} points ({worst})"
    near = "is near" if off.max() <= FEW else "differs from"
    return (
        f"Table {table.number}: mean AUROC over the same products {near} that published, {apart}."
    )


def table(study: Study, number: int) -> Fragment:
    """Show a table of the publication.

    Parameters
    ----------
    study : Study
    number : int
        1, 2 or 4.

    Returns
    -------
    Fragment
    """
    found = paper_table(study, number)
    html = render(
        "paper/tables",
        caption=f"Table {number}. {QUESTIONS[number]}",
        detectors=detectors_of(found),
        rows=wide(found),
        note=note(found),
    )
    return Fragment(html, TABLE_SCRIPTS)


def note(table: PaperTable) -> str:
    """Say what the values of a cell are."""
    pairs = steps(table)
    if table.number == 1:
        of = (
            f"{' and '.join(percent(level) for level, _ in pairs)} of the training images defective"
        )
    else:
        shares = listed([percent(reject) for _, reject in pairs])
        of = f"{percent(pairs[0][0])} of the training images defective, {shares} removed"
    strategy = ""
    if table.number > 1:
        strategy = f" Strategy: {table.strategy or 'none in this study'}."
        if table.strategy and table.strategy != base(table.strategy):
            strategy += " Published: sroc without options, which scores images as part of the set."
    return (
        f"AUROC and measures of removal in per cent: {of}; ± is the deviation over draws, in the "
        f"mean its average over products. Grey: published.{strategy} "
        f"{plural(len(table.missing), 'published product')} missing."
    )
