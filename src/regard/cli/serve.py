"""``regard serve MODEL [MODEL…]``: the HTTP server and its page."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.compiling import said_if_not_compiled
from regard.cli.options import CompileOption, DeviceOption, DtypeOption, ThreadsOption
from regard.errors import InputError, MissingExtraError
from regard.text_file import read_text_file

if TYPE_CHECKING:
    from regard.translator import Translator

_NEEDED = ("fastapi", "granian", "orjson", "prometheus_client", "py3langid", "python_multipart")

TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="A file with the token that callers have to show; REGARD_TOKEN does the same.",
        show_default=False,
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="A further name by which the server is called.", show_default=False),
]
AllowOriginOption = Annotated[
    list[str] | None,
    typer.Option("--allow-origin", help="A site whose pages may call, https://….", show_default=False),
]
LabOption = Annotated[
    Path | None,
    typer.Option("--lab", help="The folder of a regard lab run, whose verdicts the page shows.", show_default=False),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=0,
        help="Processes that translate, a core each; 0: the server itself.",
        show_default="one per core",
    ),
]


def serve(
    *,
    models: Annotated[list[Path], typer.Argument(metavar="MODEL", help="Folders of trained models.")],
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; elsewhere than here a token is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8000,
    token_file: TokenFileOption = None,
    allow_host: AllowHostOption = None,
    allow_origin: AllowOriginOption = None,
    deadline_seconds: Annotated[
        float, typer.Option("--deadline-seconds", min=0.1, help="For an answer; then it is 504.")
    ] = 30.0,
    lab: LabOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No log of requests.")] = False,
    dtype: DtypeOption = "float32",
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    compiled: CompileOption = False,
    processes: ProcessesOption = None,
) -> None:
    """Translate over HTTP, and show attention on a page.

    Open the address it prints in a browser. Programs call /translate as LibreTranslate has it; /docs lists everything.
    Ctrl-C or SIGTERM lets accepted work end.
    """
    _refuse_without_extra()
    from regard.server import Door, Limits, Place, open_service
    from regard.server import serve as serve_until_stopped
    from regard.server.journal import Journal
    from regard.translator import load

    place = Place(host, port, Door(tuple(allow_host or ()), tuple(allow_origin or ()), _token(token_file)))

    def opened(folder: Path) -> "Translator":
        return said_if_not_compiled(load(folder, device=device, dtype=dtype, threads=threads, compiled=compiled))

    journal = Journal(None) if quiet else Journal()
    service = open_service(
        models,
        opened,
        limits=Limits(deadline_seconds=deadline_seconds),
        door=place.door,
        journal=journal,
        lab=lab,
        processes=processes,
    )
    serve_until_stopped(service, place, announce=lambda where: typer.echo(f"Regard listens on {where}"))


def _token(file: Path | None) -> str | None:
    if file is not None:
        token = read_text_file(file, what="token file", most_mebibytes=1, error=InputError).strip()
    elif not (token := os.environ.get("REGARD_TOKEN", "").strip()):
        return None
    if len(token) < 16:
        raise InputError(
            f"the token in {file or 'REGARD_TOKEN'} has {len(token)} characters; at least 16 are needed, so that "
            "nobody guesses it"
        )
    if odd := next((place for place, character in enumerate(token, 1) if not "!" <= character <= "~"), None):
        raise InputError(
            f"the token in {file or 'REGARD_TOKEN'} has, as character {odd}, one that not every client can send in a "
            "header; make it of letters from a to z, digits and signs such as - and _, without spaces"
        )
    return token


def _refuse_without_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{', '.join(missing)}: not installed; pip install 'regard[serve]' brings what a server needs"
        )
