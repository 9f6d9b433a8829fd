"""``/translate``, ``/detect`` and ``/languages``, as LibreTranslate has them, so that its clients work unchanged."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, cast, final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from regard.documents import translate_html, voice_of
from regard.server.answers import described, json_answer
from regard.server.body import parsed, read_body
from regard.server.detection import Detected, Detector
from regard.server.languages import language_name
from regard.server.problem import Problem
from regard.server.service import Service, answered
from regard.server.shelf import Served, Shelf
from regard.server.texts import Pieces, split
from regard.server.ticket import CallTicket, Line, Search, TranslationTicket
from regard.translator import Translation

Texts = Annotated[str | list[str], Field(description="a string or a list of strings")]


@final
class TranslateRequest(BaseModel):
    """What ``/translate`` is asked."""

    model_config = ConfigDict(extra="forbid")

    q: Texts
    source: Annotated[str, Field(description="a code of /languages, or 'auto'", max_length=16)] = "auto"
    target: Annotated[str, Field(description="a code of /languages", max_length=16)]
    format: Annotated[Literal["text", "html"], Field(description="'text' or 'html'")] = "text"
    alternatives: Annotated[int, Field(description="a whole number from 0 on", ge=0)] = 0
    model: Annotated[str | None, Field(description="the name of a served model", max_length=256)] = None
    api_key: Annotated[str | None, Field(description="the server's token", max_length=1024)] = None


@final
class DetectRequest(BaseModel):
    """What ``/detect`` is asked."""

    model_config = ConfigDict(extra="forbid")

    q: Texts
    api_key: Annotated[str | None, Field(description="the server's token", max_length=1024)] = None


def translation_routes(service: Service) -> APIRouter:
    """The routes that LibreTranslate's clients call."""
    routes = APIRouter(tags=["translate"])

    @routes.post("/translate", **described("Translate a text or several.", TranslateRequest))
    async def translate(request: Request) -> Response:
        asked = await _read(service, request, TranslateRequest)
        return json_answer(await _translated(service, request, asked))

    @routes.post("/detect", **described("Which of the served languages a text is in.", DetectRequest))
    async def detect(request: Request) -> Response:
        asked = await _read(service, request, DetectRequest)
        texts = _texts(service, asked.q)
        return json_answer([_percent(each) for each in service.detector.rank("\n".join(texts))])

    @routes.get("/languages", **described("From which languages to which."))
    async def languages() -> Response:
        return json_answer(
            [
                {"code": code, "name": language_name(code), "targets": list(service.shelf.targets(code))}
                for code in service.shelf.sources
            ]
        )

    return routes


async def _read(service: Service, request: Request, kind: type[Any]) -> Any:
    asked = parsed(await read_body(request, service.limits), request.headers.get("content-type", ""), kind)
    _check_key(service, request, asked.api_key)
    return asked


def _check_key(service: Service, request: Request, api_key: str | None) -> None:
    """The token, for clients that send it in the body; who sent the header was checked at the door."""
    if service.door.token is None or "authorization" in request.headers:
        return
    if api_key is None or not service.door.is_token(api_key):
        raise Problem(401, "this server asks for a token; send it as api_key, or with Authorization: Bearer TOKEN")


async def _translated(service: Service, request: Request, asked: TranslateRequest) -> dict[str, object]:
    texts = _texts(service, asked.q)
    if asked.alternatives > service.limits.alternatives:
        raise Problem(422, f"alternatives may be at most {service.limits.alternatives}")
    detected = language_of(service.shelf, service.detector, asked, texts) if asked.source == "auto" else None
    served = _chosen(service, asked, detected.language if detected else asked.source)
    if served is None:
        answer = _unchanged(asked, texts)
    else:
        answer = await (_html if asked.format == "html" else _plain)(service, request, asked, served, texts)
    return answer if detected is None else answer | {"detectedLanguage": _single(asked, _percent(detected))}


def language_of(shelf: Shelf, detector: Detector, asked: TranslateRequest, texts: list[str]) -> Detected:
    """The language of the texts: the most probable one, or one to translate from that is half as probable.

    A few words say little about their language, and who asks for a translation mostly wants one. Of a language that
    cannot be detected nothing is known, so it is the one that is meant wherever it can be translated as asked.
    """
    ranked = detector.rank("\n".join(texts))
    offered = [each for each in ranked if shelf.find(each.language, asked.target, asked.model)]
    least = ranked[0].confidence / 2
    likely = (each for each in offered if each.confidence >= least or not detector.knows(each.language))
    return next(likely, ranked[0])


def _unchanged(asked: TranslateRequest, texts: list[str]) -> dict[str, object]:
    """The answer for texts that are in the language that is asked for; LibreTranslate gives them back as well."""
    answer = {"translatedText": _single(asked, *texts)}
    return answer | {"alternatives": _single(asked, *([] for _ in texts))} if asked.alternatives else answer


async def _plain(
    service: Service, request: Request, asked: TranslateRequest, served: Served, texts: list[str]
) -> dict[str, object]:
    search = search_of(served, asked.alternatives)
    pieces = [split(text) for text in texts]
    lines = [line_of(served, text, search) for each in pieces for text in each.lines]
    translations: Sequence[Translation] = []
    if lines:
        ticket = TranslationTicket(served, lines, search, service.deadline())
        translations = cast(Sequence[Translation], await answered(service, request, ticket))
    return _answer(pieces, translations, asked)


async def _html(
    service: Service, request: Request, asked: TranslateRequest, served: Served, texts: list[str]
) -> dict[str, object]:
    """HTML is translated alone: its tags are put back with the help of the model's attention, sentence by sentence."""
    if asked.alternatives:
        raise Problem(422, "alternatives are given for text only, not for html")
    cost = sum(line_of(served, text, Search()).cost for text in texts)
    target = served.languages[1]

    def translated(is_dead: Callable[[], bool]) -> list[str]:
        voice = voice_of(served.translator)
        return [translate_html(voice, text, target_language=target, is_cancelled=is_dead) for text in texts]

    found = await answered(service, request, CallTicket(translated, cost, service.deadline()))
    return {"translatedText": _single(asked, *found)}


def search_of(served: Served, alternatives: int) -> Search:
    """The model's own search, with a beam wide enough for the alternatives."""
    if not alternatives:
        return Search()
    beam_size = max(served.translator.settings.decoding.beam_size, 1 + alternatives)
    return Search(beam_size=beam_size, num_hypotheses=1 + alternatives)


def line_of(served: Served, text: str, search: Search) -> Line:
    """A line and its cost: what is read, and what will probably be written, times beam."""
    beam_size = search.beam_size or served.translator.settings.decoding.beam_size
    num_tokens = len(served.translator.tokenizer.encode(text))
    return Line(text, (1 + num_tokens) * beam_size, num_tokens)


def _texts(service: Service, q: str | list[str]) -> list[str]:
    texts = [q] if isinstance(q, str) else q
    if len(texts) > service.limits.texts:
        raise Problem(413, f"a request may hold at most {service.limits.texts} texts; send several requests")
    if sum(map(len, texts)) > service.limits.characters:
        raise Problem(
            413,
            f"the texts of a request may have at most {service.limits.characters:,} characters; send several requests",
        )
    return texts


def _chosen(service: Service, asked: TranslateRequest, source: str) -> Served | None:
    """The model to translate with; None if the texts are in the language that is asked for."""
    shelf = service.shelf
    found = shelf.find(source, asked.target, asked.model)
    if found is None and source == asked.target and _is_served(service, source, asked.model):
        return None
    if found is None:
        offered = ", ".join(f"{a} to {b}" for a, b in dict.fromkeys(each.languages for each in shelf.models))
        named = "" if asked.model is None else ", with that model"
        raise Problem(400, f"that pair of languages is not served here{named}; served are: {offered}")
    return found


def _is_served(service: Service, language: str, model: str | None) -> bool:
    return any(language in each.languages and model in (None, each.name) for each in service.shelf.models)


def _answer(pieces: list[Pieces], translations: Sequence[Translation], asked: TranslateRequest) -> dict[str, object]:
    per_text, start = [], 0
    for each in pieces:
        found = translations[start : start + len(each.lines)]
        per_text.append([each.joined(_choice(found, rank)) for rank in range(1 + asked.alternatives)])
        start += len(each.lines)
    best: list[str] = [ranked[0] for ranked in per_text]
    answer: dict[str, object] = {"translatedText": _single(asked, *best)}
    if asked.alternatives:
        others = [[text for text in dict.fromkeys(ranked) if text != ranked[0]] for ranked in per_text]
        answer["alternatives"] = _single(asked, *others)
    return answer


def _choice(translations: Sequence[Translation], rank: int) -> list[str]:
    """Of each line its translation of that rank, or its best one where there are not so many."""
    return [each.hypotheses[rank].text if rank < len(each.hypotheses) else each.text for each in translations]


def _single(asked: TranslateRequest, *values: object) -> object:
    """One value for one text, a list for a list."""
    return list(values) * (len(asked.q) if len(values) == 1 else 1) if isinstance(asked.q, list) else values[0]


def _percent(detected: Detected) -> dict[str, object]:
    return {"language": detected.language, "confidence": round(100 * detected.confidence, 1)}
