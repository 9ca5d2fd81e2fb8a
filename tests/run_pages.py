"""What the page of a run shows at its threshold, and what Python counts there."""

from pages import find, find_all

from anomalylab.metrics import confusion

NAME = "patchcore"


def shown_threshold(browser):
    return float(find(browser, "[role=slider]").get_attribute("aria-valuenow"))


def shown_counts(browser):
    cells = find_all(browser, ".al-confusion td[data-count]")
    return {cell.get_attribute("data-count"): int(cell.text.split()[0]) for cell in cells}


def expected_counts(run, threshold, detector=NAME):
    labels = run.queries["label"].to_numpy(int)
    counts = confusion(labels, run.scores(detector)["score"].to_numpy(), threshold)
    return dict(zip(("tp", "fp", "fn", "tn"), counts, strict=True))
