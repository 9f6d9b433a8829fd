"""Routes for whoever runs the server: is it alive, is it ready, what are its limits, what has it done."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from regard.server.answers import described, json_answer
from regard.server.languages import language_name
from regard.server.problem import Problem
from regard.server.service import Service
from regard.server.shelf import Served
from regard.version import __version__


def operation_routes(service: Service) -> APIRouter:
    """Health, readiness, limits, models, metrics."""
    routes = APIRouter(tags=["operate"])

    @routes.get("/health", **described("Whether the server is alive."))
    async def health() -> Response:
        return json_answer({"status": "ok", "version": __version__})

    @routes.get("/ready", **described("Whether it accepts work."))
    async def ready() -> Response:
        if not service.engine.is_open:
            raise Problem(503, "the server is about to stop", retry_after=5)
        return json_answer({"status": "ready", "models": len(service.shelf.models)})

    @routes.get("/limits", **described("What is accepted at most."))
    async def limits() -> Response:
        return json_answer(service.limits.record())

    @routes.get("/api/models", **described("The served models."))
    async def models() -> Response:
        return json_answer([_described(each) for each in service.shelf.models])

    @routes.get("/metrics", **described("Counters, for Prometheus."))
    async def metrics() -> Response:
        service.metrics.tasks.set(len(asyncio.all_tasks()))
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _described(served: Served) -> dict[str, object]:
    translator, (source, target) = served.translator, served.languages
    model = translator.settings.model
    return {
        "name": served.name,
        "source": {"code": source, "name": language_name(source)},
        "target": {"code": target, "name": language_name(target)},
        "kind": model.kind,
        "encoder_layers": model.encoder_layers,
        "decoder_layers": model.decoder_layers,
        "num_heads": next(iter(translator.model.attentions().values())).num_heads,
        "parameters": sum(weight.numel() for weight in translator.model.parameters()),
        "beam_size": translator.settings.decoding.beam_size,
        "sha256": translator.weights_sha256,
    }
