"""What Panel puts into a cell, made safe for names that hold markup.

Panel writes the state of a view as JSON into a script element. A file called ``</script>...`` would
end that element, so what comes from data is written there without ``<``.
"""

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd


def strings_of(table: pd.DataFrame) -> set[str]:
    """Return every text that a table holds or has as a column's name."""
    found = {str(name) for name in table}
    for name in table:
        found.update(value for value in table[name].unique() if isinstance(value, str))
    return found


def safe_bundle(bundle: dict[str, Any], strings: Iterable[str]) -> dict[str, Any]:
    """Write ``<`` as its JSON escape wherever one of ``strings`` stands in the HTML of a cell.

    Parameters
    ----------
    bundle : dict
        Mime type to data, as Jupyter takes it.
    strings : iterable of str
        Texts that came from data.
    """
    html = bundle.get("text/html", "")
    for text in sorted((s for s in strings if "<" in s), key=len, reverse=True):
        for is_ascii in (True, False):
            written = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
            html = html.replace(written, written.replace("<", "\\u003c"))
    return {**bundle, "text/html": html} if html else bundle
