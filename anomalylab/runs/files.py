"""Files of a run folder: the list of what was written, with checksums."""

import hashlib
import json
from pathlib import Path

FILE_LIST = "files.json"


def list_files(folder: Path) -> None:
    """Write :data:`FILE_LIST` of all files in a folder: name -> checksum."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): checksum(path) for path in paths}
    sums.pop(FILE_LIST, None)
    text = json.dumps(sums, indent=1, ensure_ascii=False)
    (folder / FILE_LIST).write_text(text + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """Return the BLAKE2b of a file's bytes, 32 hexadecimal digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
