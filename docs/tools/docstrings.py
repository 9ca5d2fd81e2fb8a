"""Sphinx extension: what docstrings leave to the reader's eye is made explicit for docutils.

Docstrings are written to be read in an editor. Three things in them need a word more here: formulas
that stand alone, indented; references that are numbered anew in every module; bars and lone stars.
"""

import re
import sys
from collections.abc import Callable

from sphinx.application import Sphinx

LITERAL = re.compile(r"(``.*?``)")
REFERENCE = re.compile(r"\[(\d+)\]_")
LONE_STAR = re.compile(r"(?<![*\w\\])\*(?=\w)(?![^*]*\w\*)")
BEFORE_NAPOLEON = 400
"""Handlers of docstrings are called in this order; napoleon, which reads the sections, has 500."""


def mend(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list) -> None:
    """Rewrite the lines of a docstring in place."""
    lines[:] = formulas_apart([outside_literals(escaped, line) for line in lines])
    space = name_space(what, name, thing, lines)
    lines[:] = [outside_literals(lambda text: renumbered(text, space), line) for line in lines]
    if what in ("attribute", "data", "property"):  # else napoleon takes "this: that" for a type
        lines.insert(0, "")


def outside_literals(change: Callable[[str], str], line: str) -> str:
    """Apply a change to what does not stand between double backticks."""
    return "".join(part if part.startswith("``") else change(part) for part in LITERAL.split(line))


def escaped(text: str) -> str:
    """Keep bars and stars that begin no markup from being taken for it; indented lines are kept."""
    return text if text.startswith("    ") else LONE_STAR.sub(r"\\*", text).replace("|", r"\|")


def formulas_apart(lines: list[str]) -> list[str]:
    """Mark what is indented in the prose before the first section as to be printed as it stands."""
    found: list[str] = []
    is_prose, is_formula = True, False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        is_prose = is_prose and not re.fullmatch(r"-{3,}", following)
        is_indented = line.startswith("    ")
        starts = is_prose and is_indented and not is_formula and found[-1:] == [""]
        if starts and not "".join(found[-2:-1]).endswith("::"):
            found += ["::", ""]
        is_formula = is_indented or (is_formula and not line)
        found.append(line)
    return found


def name_space(what: str, name: str, thing: object, lines: list[str]) -> str:
    """Return what tells the references of this docstring, or of its module, from all others."""
    if what == "module" or any(line.startswith(".. [1]") for line in lines):
        return name
    return getattr(thing, "__module__", None) or owner(name)


def owner(name: str) -> str:
    """Return the module that a dotted name stands in."""
    while name and name not in sys.modules:
        name = name.rpartition(".")[0]
    return name


def renumbered(text: str, space: str) -> str:
    """Give the references of a docstring, and their targets, names that no other docstring has."""
    label = re.sub(r"\W+", "-", space)
    text = re.sub(r"^\.\. \[(\d+)\]", rf".. [#{label}-\1]", text)
    return REFERENCE.sub(rf"[#{label}-\1]_", text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite each docstring before its sections are read."""
    app.connect("autodoc-process-docstring", mend, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True}
