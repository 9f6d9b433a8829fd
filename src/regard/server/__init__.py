"""Answers over HTTP: translations as LibreTranslate gives them, traces, and the page where people look.

Enters: models, and requests. Leaves: answers, metrics, a log. Must not know: how a sentence is translated or a trace
made, which it leaves to the rooms below; argv.

``running`` starts and stops it, ``app`` puts the routes behind the ``gate``, ``origin`` decides who may call.
``engine`` translates what waits, in batches, and ``ticket`` is a request on its way through it; ``shelf`` holds the
models, ``traces`` what was recorded.
"""

from regard.server.limits import Limits
from regard.server.origin import Door
from regard.server.running import Place, open_service, serve

__all__ = ["Door", "Limits", "Place", "open_service", "serve"]
