"""Python files given by the user, which register parts of their own when imported."""

import hashlib
import importlib.util
import sys
from pathlib import Path

from anomalylab.errors import ParameterError


def load(path: Path) -> None:
    """Import a file once; what it registers is then known by name.

    Raises
    ------
    ParameterError
        If there is no such file, or it fails while it is imported.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise ParameterError(f"--plugin {path.name}: there is no such file")
    name = f"anomalylab_plugin_{path.stem}_{fingerprint(path)[:8]}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ParameterError(f"--plugin {path.name}: give a Python file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ParameterError(
            f"--plugin {path.name} fails while it is imported: {error!r}"
        ) from error


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a plugin's bytes."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
