"""Answers over HTTP: translations as LibreTranslate gives them, traces, and the page where people look.

In: models, and requests. Out: answers. Knows status codes, headers, and who may call; it must not know how a sentence
is translated or a trace made, which it leaves to the rooms below.
"""

from regard.server.limits import Limits
from regard.server.origin import Door
from regard.server.running import Place, open_service, serve

__all__ = ["Door", "Limits", "Place", "open_service", "serve"]
