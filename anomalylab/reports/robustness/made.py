"""How the page was made: what was asked, and which images are in."""

from anomalylab import __version__
from anomalylab.number_words import percent
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.robustness.found import Found
from anomalylab.studies.published import SOURCE


def made(found: Found) -> Fragment:
    """Show the parameters of the analysis, its source, and the defects that were put in.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    given = found.given
    parameters = {
        "data": given.name,
        "training images": len(given.samples),
        "of them defective": f"{int(given.is_defect.sum())} ({percent(given.share)})",
        "levels": found.level or ", ".join(given.features.stored),
        "greatest change": found.chosen.axes.change,
        "seed": found.seed,
        "anomalylab": __version__,
        "after": SOURCE,
    }
    defects = given.samples.loc[given.is_defect, "sample_id"].tolist()
    return Fragment(render("robustness/made", parameters=parameters, defects=defects))
