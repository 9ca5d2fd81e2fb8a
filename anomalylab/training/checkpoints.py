"""Where a training was: weights and all that going on needs, on disk, whole or not at all.

A checkpoint is two files: tensors as safetensors, named by their checksum, and ``training.json``
with its own, which says what is trained, where it was and which tensors belong to it. It is
replaced last, so that a kill at any moment leaves the old one or the new one.
"""

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load, save
from torch import Tensor

from anomalylab.errors import TrainingError
from anomalylab.storage.cache import FeatureStore, feature_store
from anomalylab.storage.checked_arrays import write_bytes
from anomalylab.storage.unfinished import owner
from anomalylab.storage.writable import cannot_write_to

_FILE = "training.json"
_N_SHOWN = 5

log = logging.getLogger(__name__)


class Checkpoint(NamedTuple):
    """Where a training was."""

    state: dict[str, Any]
    """JSON values."""

    tensors: dict[str, Tensor]


class Checkpoints:
    """The checkpoint of one training.

    Parameters
    ----------
    record : mapping
        All that the result depends on, as JSON values.
    folder : path, optional
        Where it lies; in the cache, under a name made of ``record``, if not given.
    """

    def __init__(self, record: Mapping[str, Any], folder: Path | None = None):
        text = json.dumps(record, sort_keys=True)
        self.record = json.loads(text)
        self.folder = Path(folder) if folder else feature_store(f"training {text}").folder

    def check_writable(self, n_bytes: int) -> None:
        """Make the folder, and see that it can take ``n_bytes``.

        Raises
        ------
        StorageError
            If it cannot be written or its disk has less free space.
        """
        FeatureStore(self.folder).check_writable(n_bytes)

    def read(self) -> Checkpoint | None:
        """Return where the training was, or None if it is to begin.

        A damaged checkpoint is deleted with a warning in the log.

        Raises
        ------
        TrainingError
            If it is of another training; the message says what differs.
        """
        path = self.folder / _FILE
        if not path.exists():
            return None
        try:
            written = json.loads(path.read_bytes())
            content = written["content"]
            if written["checksum"] != _checksum(_packed(content)):
                raise ValueError("checksum")
            packed = (self.folder / content["tensors"]).read_bytes()
            if content["tensors"] != _name(packed):
                raise ValueError("checksum")
            found = Checkpoint(content["state"], load(packed))
        except (OSError, ValueError, KeyError, TypeError):
            log.warning("the checkpoint in %s is damaged: training begins anew", self.folder)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._refuse_another(content["record"])
        return found

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep where the training is, in place of what was there.

        Raises
        ------
        StorageError
            If the folder cannot be written or is full.
        """
        packed = save({name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()})
        name = _name(packed)
        content = {"record": self.record, "state": checkpoint.state, "tensors": name}
        text = {"checksum": _checksum(_packed(content)), "content": content}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._put(name, packed)
            self._put(_FILE, json.dumps(text, indent=1).encode())
            for path in self.folder.glob("*.safetensors"):
                if path.name != name:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write_to(self.folder, error) from error

    def _put(self, name: str, content: bytes) -> None:
        unfinished = self.folder / f".unfinished-{owner()}"
        try:
            write_bytes(unfinished, content)
            unfinished.replace(self.folder / name)
        finally:
            unfinished.unlink(missing_ok=True)

    def _refuse_another(self, recorded: Mapping[str, Any]) -> None:
        differing = list(_differences(recorded, self.record))
        if differing:
            more = len(differing) - _N_SHOWN
            told = differing[:_N_SHOWN] + ([f"and {more} more"] if more > 0 else [])
            raise TrainingError(
                f"the checkpoint in {self.folder} is of another training: {'; '.join(told)}; "
                "choose another folder, or train as it says"
            )


def _differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    """Yield in words what differs between two records."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for part in [*there, *(key for key in here if key not in there)]:
            yield from _differences(there.get(part), here.get(part), f"{name}.{part}".strip("."))
    elif there != here:
        yield f"{name} is {json.dumps(there)} there and {json.dumps(here)} here"


def _packed(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _name(packed: bytes) -> str:
    return f"{_checksum(packed)[:32]}.safetensors"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
