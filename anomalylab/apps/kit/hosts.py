"""Pages are for those who ask for them by the address served.

A page elsewhere could else reach them under a name of its own that it lets point here (DNS
rebinding).
"""

import re
from collections.abc import Iterable

from tornado.web import Application, RequestHandler


class Refused(RequestHandler):
    """Answers nothing but that this is the wrong address."""

    def prepare(self) -> None:
        """End the request, whatever it asks for."""
        self.set_status(403)
        self.finish("This page has another address; take that which the terminal shows.\n")


def refuse_other_hosts(app: Application, names: Iterable[str]) -> None:
    """Refuse each request whose Host is none of ``names``, on any port.

    Parameters
    ----------
    app : Application
        Its other handlers are asked only for these names.
    names : iterable of str
    """
    known = "|".join(map(re.escape, names))
    app.add_handlers(rf"(?!(?:{known})$).*", [(r".*", Refused)])
