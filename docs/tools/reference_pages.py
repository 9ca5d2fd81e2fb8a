"""Sphinx extension: one page a room of the package, listing its public modules.

The pages are written anew before each build, so no module is forgotten and none that is gone stays.
"""

import ast
from pathlib import Path

from sphinx.application import Sphinx

PACKAGE = Path(__file__).parents[2] / "anomalylab"
LEFT_OUT = {"cli", "notebooks", "__main__"}
"""What is used from a terminal, not from Python."""


def rooms() -> dict[str, list[Path]]:
    """Return the rooms of the package, each with the files of its public modules."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in LEFT_OUT or any(is_private(part) for part in parts):
            continue
        found.setdefault(parts[0], []).append(path)
    found.pop("__init__", None)
    return found


def is_private(part: str) -> bool:
    """Tell whether a module is not for use from outside its room."""
    return part.startswith("_") and part != "__init__"


def page(room: str, paths: list[Path]) -> str:
    """Return the page of a room in reStructuredText."""
    title = f"anomalylab.{room}"
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *map(section, sections(paths))]) + "\n"


def sections(paths: list[Path]) -> list[Path]:
    """Return the modules that have something to list, the package itself first."""
    ordered = sorted(paths, key=lambda path: (path.stem != "__init__", path))
    return [path for path in ordered if path.stem != "__init__" or own_names(path)]


def section(path: Path) -> str:
    """Return the part of a page that lists one module."""
    name = module_name(path)
    heading = [name, "-" * len(name), ""] if name.count(".") > 1 else []
    lines = [*heading, f".. automodule:: {name}"]
    if path.stem == "__init__":
        lines.append(f"   :members: {', '.join(own_names(path))}")
        lines += ["   :imported-members:"] if set(own_names(path)) & imported_names(path) else []
    elif path.stem in imported_names(path.with_name("__init__.py")):  # two things of one name
        lines.append("   :no-index:")
    return "\n".join(lines)


def imported_names(path: Path) -> set[str]:
    """Return the names that a package takes from modules, by which they hide modules of its own."""
    if not path.is_file():
        return set()
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    found = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in found for alias in node.names}


def own_names(path: Path) -> list[str]:
    """Return what a package defines or takes from private modules: no other page lists it."""
    names: list[str] = []
    if not path.is_file():  # a folder of modules without a file of its own
        return names
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and is_private((node.module or "").split(".")[-1]):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def module_name(path: Path) -> str:
    """Return the name by which a file of the package is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def write_pages(app: Sphinx) -> None:
    """Write all pages below ``reference``, and take away those of rooms that are gone."""
    folder = Path(app.srcdir) / "reference"
    folder.mkdir(exist_ok=True)
    pages = {f"{room}.rst": page(room, paths) for room, paths in rooms().items()}
    for old in set(folder.glob("*.rst")) - {folder / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        target = folder / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx looks for sources."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
