"""Small odd data sets: run the commands of each case and say whether the right thing is said.

    python tests/benchmarks/field_cases.py MAKE_CASES.py OUT [NAME ...]

``MAKE_CASES.py`` is the script that writes the cases; its ``--list`` describes each and says what
is right. Every case is written afresh into OUT, its commands are run in order, and what they
print is compared with the words below. The last line counts the cases that are right.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 300  # characters of an output that is not right
SECONDS = 600  # that a command may take


@dataclass(frozen=True)
class Said:
    """What a command printed, both streams, in one line, and its exit code."""

    command: str
    code: int
    text: str

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.text, re.DOTALL | re.IGNORECASE) is not None


Rule = Callable[[Sequence[Said]], bool]


def each(*patterns: str, but: str = "Traceback") -> Rule:
    """All commands end well and say all patterns, none says ``but``."""
    return lambda said: all(
        one.code == 0 and not one.says(but) and all(map(one.says, patterns)) for one in said
    )


def first(*patterns: str, but: str = "Traceback") -> Rule:
    """The first command says all patterns; the others end well."""
    return lambda said: (
        each(*patterns, but=but)(said[:1])
        and all(one.code == 0 and not one.says("Traceback") for one in said)
    )


def refused(pattern: str) -> Rule:
    """Of what is tried after the first command, all ends with code 1 and says the pattern."""
    return lambda said: (
        said[0].code == 0
        and all(
            one.code == 1 and one.says(pattern) and not one.says("Traceback|cannot (be )?writ")
            for one in said[1:]
            if one.command.startswith("anomalylab ")
        )
    )


LABELLED = r"\b3 +unlabelled +anomalous"
RULES: dict[str, Rule] = {
    "damaged_mask": first("mask that cannot be read", but="cannot write"),
    "masks_beside_images": each("35 files? perhaps masks", r"exp1_100\.png|Run folder"),
    "inverted_masks": first("8 masks that mark most of the image: perhaps they are inverted"),
    "exif_rotated_180": first("8 images that carry a rotation"),
    "good_by_other_names": each(
        r"30 +train +normal", r"8 +test +anomalous", r"8 +test +normal", "46 images, 8 masks"
    ),
    "linked_folders": each("33 images, 0 masks"),
    "dated_folders": each(),
    "format_tells_class": each("file format goes with the class"),
    "frames_unlabelled": lambda said: (
        each()(said) and all(one.says("near-equal|near copies|nearly the same") for one in said[:2])
    ),
    "same_pixels_other_bytes": each("16 files with the same pixels as one of another split"),
    "hot_pixel_12_bit": each("nearly black", r"range:0,4095"),
    "int16_negative": each("small part of what their type can hold", r"range:-\d+,(8191|4095)"),
    "float_nan": first(r"set aside; '03\.tif': holds NaN"),
    "big_images": first("memory|MiB at once|GiB"),
    "csv_space_in_header": first(LABELLED),
    "csv_from_spreadsheet": each(LABELLED, but="there is no such file|Traceback"),
    "csv_other_words": lambda said: (
        each(LABELLED)(said[:3]) and said[3].code == 0 and said[3].says("test +anomalous")
    ),
    "own_files_in_run": lambda said: said[-1].code == 0,
    "read_only_run": lambda said: said[-1].code == 1 and said[-1].says("cannot write.*-o"),
    "damaged_run_json": refused(r"run\.json"),
    "damaged_run_table": refused(r"(scores|samples)\.parquet"),
    "damaged_run_detector": refused(r"arrays\.safetensors|detector\.json"),
    "score_other_depth": lambda said: all(one.says("nearly black") for one in said[1:]),
    "score_other_shape": lambda said: all(one.says("shape|size") for one in said[1:]),
    "score_folder_with_masks": lambda said: (
        said[1].code == 0 and (said[2].says(": 0$|^0$") or said[1].says("8 .*perhaps masks"))
    ),
}


def run(command: str) -> Said:
    """Run a line for bash."""
    try:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Said(command, -1, f"more than {SECONDS} s: {command}")
    return Said(command, done.returncode, " ".join((done.stderr + done.stdout).split()))


def tried(make: Path, out: Path, name: str) -> list[Said]:
    """Write a case and run its commands."""
    subprocess.run([sys.executable, make, out, name], check=True, capture_output=True)
    case = json.loads((out / name / "case.json").read_text(encoding="utf-8"))
    places = {"{case}": str((out / name).resolve()), "{make}": f"{sys.executable} {make}"}
    said = []
    for command in case["commands"]:
        for place, meant in places.items():
            command = command.replace(place, meant)
        said.append(run(command))
    return said


def main() -> None:
    """Run cases and print right or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", type=Path, help="script that writes the cases")
    parser.add_argument("out", type=Path, help="folder to write them to")
    parser.add_argument("name", nargs="*", help="cases (all)")
    options = parser.parse_args()
    names = options.name or list(RULES)
    n_right = 0
    for name in names:
        said = tried(options.make.resolve(), options.out, name)
        is_right = RULES[name](said)
        n_right += is_right
        print(f"{'right' if is_right else 'WRONG'} {name}", flush=True)
        if not is_right:
            print("\n".join(f"  [{one.code}] {one.text[-SHOWN:]}" for one in said), flush=True)
    print(f"{n_right} of {len(names)} cases are right")


if __name__ == "__main__":
    main()
