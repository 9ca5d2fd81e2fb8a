"""Are there images to fit on, to judge, and to measure by?"""

from collections.abc import Mapping

import pandas as pd

from anomalylab.datasets.check._finding import Finding, about, in_number

MIN_TRAINING = 2
_ADVISABLE = 20

_USES = {
    ("train", "normal"): "fitted on: they show what is normal",
    (
        "train",
        "anomalous",
    ): "left out: known to be defective, so not fitted on, and not for judging",
    ("train", "unknown"): "fitted on, though nobody has said that they are good",
    ("test", "normal"): "judged, and the judgement is measured against the label",
    ("test", "anomalous"): "judged, and the judgement is measured against the label",
    ("test", "unknown"): "judged; without a label nothing is measured",
    ("unlabelled", "normal"): "fitted on and judged, each by the others; measured by the label",
    ("unlabelled", "anomalous"): "judged, and measured by the label; not fitted on",
    ("unlabelled", "unknown"): "fitted on and judged, each by the others; nothing is measured",
}


def label_names(samples: pd.DataFrame) -> pd.Series:
    """Return ``normal``, ``anomalous`` or ``unknown`` for each sample."""
    return samples["label"].map({0: "normal", 1: "anomalous"}).astype(object).fillna("unknown")


def counts(samples: pd.DataFrame) -> list[dict]:
    """Count images by split, label and defect type, and say what they are used for."""
    keys = pd.DataFrame(
        {
            "split": samples["split"],
            "label": label_names(samples),
            "defect_type": samples["defect_type"].astype(object).fillna(""),
        }
    )
    grouped = keys.groupby(list(keys)).size().reset_index(name="n_images")
    return [{**row, "use": _USES[row["split"], row["label"]]} for row in grouped.to_dict("records")]


def check_roles(samples: pd.DataFrame) -> list[Finding]:
    """Find out whether anything can be fitted, judged and measured."""
    labels = label_names(samples)
    is_query = samples["split"] != "train"
    n_training = int(((samples["split"] != "test") & (labels != "anomalous")).sum())
    return [
        *_training(n_training, len(samples), int((labels == "anomalous").sum())),
        *_queries(labels[is_query]),
        *about(
            "note",
            "anomalous_training",
            samples.loc[~is_query & (labels == "anomalous"), "image_path"],
            "{images} for training but labelled anomalous: left out of fitting",
        ),
    ]


def _training(n_training: int, n_images: int, n_anomalous: int) -> list[Finding]:
    if n_training >= _ADVISABLE:
        return []
    if n_training >= MIN_TRAINING:
        message = f"only {n_training} images to fit on"
        advice = f"some tens are needed to see what varies among good parts; {_ADVISABLE} at least"
        return [Finding("warning", "few_training_images", message, advice)]
    if n_images == 1:
        message, advice = "a single image: there is nothing to compare it with", "add good images"
    elif n_anomalous == n_images:
        message = f"all {n_images} images are labelled anomalous: nothing shows what is normal"
        advice = "add images of good parts"
    else:
        message = f"of {n_images} images {n_training} can be fitted on; it takes {MIN_TRAINING}"
        advice = "say which folders are normal, or add images of good parts"
    return [Finding("error", "no_training_images", message, advice)]


def _queries(labels: pd.Series) -> list[Finding]:
    if not len(labels):
        message = "all images are for training and none is to be judged"
        advice = "name a folder of images to judge, or give no roles at all"
        return [Finding("error", "no_query_images", message, advice)]
    known = set(labels) - {"unknown"}
    if len(known) == 2:
        return []
    if known:
        message = f"among the images to be judged all labelled ones are {known.pop()}"
    else:
        message = "none of the images to be judged has a label"
    return [Finding("note", "no_metrics", f"{message}: AUROC and the like cannot be computed")]


_LOADER: Mapping[str, tuple[str, str, str]] = {
    "masks_without_image": ("warning", "{masks} without an image", "look at their names"),
    "ambiguous_masks": (
        "warning",
        "{masks} not used: they fit several images, or one that has another mask",
        "give each image and its mask the same name, in folders of the same name",
    ),
    "unreadable_masks": (
        "warning",
        "{masks} missing or broken: their images count as having none",
        "save them again as PNG",
    ),
    "images_without_mask": (
        "note",
        "{images} without a mask: not used for pixel metrics",
        "",
    ),
    "unused_images": ("note", "{images} used for nothing: outside the folders named", ""),
    "perhaps_masks": (
        "warning",
        "{images} named as masks are, but taken for photographs",
        "name their folder by the option masks, or move them away",
    ),
    "masks_beside": (
        "warning",
        "{files} perhaps masks: black and white, named as the image beside them. They are taken "
        "for its mask, and its label is read from it",
        "if they are no masks, move them away",
    ),
    "one_name": (
        "warning",
        "{files} named as another beside them but for the ending, all taken for images: perhaps "
        "masks, or one image in two formats",
        "keep one of each, or move masks to a folder and say --masks FOLDER",
    ),
    "roles_by_name": (
        "warning",
        "{images} fitted on, though folders are named as those of defective or test images: "
        "nothing was said of them",
        "",
    ),
    "good_by_name": (
        "note",
        "{images} in folders named as good ones are; nothing was said of them, so that all others "
        "are fitted on too",
        "",
    ),
    "near_columns": (
        "warning",
        "a column of the table looks like one that is read, but is not",
        "",
    ),
}


def loader_findings(found: list[dict]) -> list[Finding]:
    """Put into words what the loader noticed; kinds that a plugin has made up are named."""
    findings = []
    for item in found:
        unknown = ("note", f"{item['what'].replace('_', ' ')}: {{files}}", "")
        severity, message, advice = _LOADER.get(item["what"], unknown)
        text, told = in_number(message, item["n"]), item.get("advice", advice)
        findings.append(Finding(severity, item["what"], text, told, item["n"], item["paths"]))
    return findings
