"""Reads a catalogue, a table in TOML, and is strict: whatever is wrong in it is said before anything is fetched."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast
from urllib.parse import urlsplit

from regard.corpus.fetching.catalogue import DIGEST, ORIGIN, Catalogue, Entry, Packing, RemoteFile
from regard.errors import CorpusError
from regard.text_file import read_text_file

_BUILT_IN: Final = Path(__file__).with_name("catalogue.toml")
_ENTRY_KEYS: Final = frozenset({"title", "licence", "licence_url", "about", "pairs", "next", "files"})
_FILE_KEYS: Final = frozenset({"url", "sha256", "bytes", "most_bytes", "unpack", "to", "members"})
_PACKINGS: Final = ("none", "gzip", "zip", "tar")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_MOST_BYTES: Final = 4 << 30
_MOST_MEBIBYTES: Final = 16


def load_catalogue(own: Path | None = None) -> Catalogue:
    """The corpora Regard knows, and those of a user's own file, which win where both have a name.

    Raises:
        CorpusError: the file cannot be read, or is no catalogue; the message says where.
    """
    entries = _read(_BUILT_IN)
    if own is not None:
        entries = {**entries, **_read(own)}
    return Catalogue(MappingProxyType(entries))


def _read(path: Path) -> dict[str, Entry]:
    text = read_text_file(path, what="catalogue", most_mebibytes=_MOST_MEBIBYTES, error=CorpusError)
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path} cannot be read as a catalogue: {error}") from None
    return {name: _entry(name, table, f"{path}: [{name}]") for name, table in tables.items()}


def _entry(name: str, table: Any, where: str) -> Entry:
    if not isinstance(table, dict):
        raise CorpusError(f"{where} must be a table, but is {table!r:.60}")
    if not _PLAIN_NAME.fullmatch(name):
        raise CorpusError(f"{where}: {name!r} is no name for a corpus (letters, digits, . _ + -)")
    _refuse_unknown(table, _ENTRY_KEYS, where)
    files = tuple(
        _file(file, f"{where} file {number}") for number, file in enumerate(_list(table, "files", where), start=1)
    )
    if not files:
        raise CorpusError(f"{where} names no files; it needs at least one [[{name}.files]]")
    made = [made for file in files for made in file.names.values()]
    pairs = tuple(_pair(pair, made, where) for pair in _list(table, "pairs", where))
    if len({*made, ORIGIN}) <= len(made):
        raise CorpusError(f"{where} makes two files of one name: {', '.join(sorted([*made, ORIGIN]))}")
    return Entry(
        name=name,
        title=_text(table, "title", where),
        licence=_text(table, "licence", where),
        files=files,
        licence_url=_text(table, "licence_url", where, default=""),
        about=_text(table, "about", where, default=""),
        pairs=pairs,
        next_commands=tuple(map(str, _list(table, "next", where))),
    )


def _file(table: Any, where: str) -> RemoteFile:
    if not isinstance(table, dict):
        raise CorpusError(f"{where} must be a table, but is {table!r:.60}")
    _refuse_unknown(table, _FILE_KEYS, where)
    packing = _text(table, "unpack", where, default="none")
    if packing not in _PACKINGS:
        raise CorpusError(f"{where}: unpack must be one of {', '.join(_PACKINGS)}, but is {packing!r}")
    digest = _text(table, "sha256", where, default="").lower()
    if digest and not DIGEST.fullmatch(digest):
        raise CorpusError(f"{where}: sha256 must have 64 hexadecimal digits, but is {digest!r}")
    return RemoteFile(
        url=_address(table, where),
        sha256=digest or None,
        num_bytes=_size(table, "bytes", where),
        most_bytes=_size(table, "most_bytes", where) or _MOST_BYTES,
        packing=cast(Packing, packing),
        names=MappingProxyType(dict(_names(table, packing, where))),
    )


def _address(table: Mapping[str, Any], where: str) -> str:
    url = _text(table, "url", where)
    if not _is_address(url):
        raise CorpusError(f"{where}: url must be an http or https address that ends in a file name, but is {url!r}")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        name = parts.path.rpartition("/")[2]
        return parts.scheme in ("http", "https") and bool(parts.hostname) and bool(_PLAIN_NAME.fullmatch(name))
    except ValueError:
        return False


def _names(table: Mapping[str, Any], packing: str, where: str) -> Iterator[tuple[str, str]]:
    if packing in ("zip", "tar"):
        members = table.get("members")
        if not isinstance(members, dict) or not members or "to" in table:
            raise CorpusError(f"{where}: an archive needs members, a table of names inside and names to give them")
    else:
        if "members" in table:
            raise CorpusError(f"{where}: only zip and tar have members; give the file's name with to")
        members = {"": _text(table, "to", where)}
    for inside, name in members.items():
        if not isinstance(name, str) or not _PLAIN_NAME.fullmatch(name):
            raise CorpusError(f"{where}: {name!r} is no plain file name (letters, digits, . _ + -)")
        yield inside, name


def _pair(pair: Any, made: Sequence[str], where: str) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2 or not all(name in made for name in pair):
        raise CorpusError(f"{where}: pairs must be lists of two of the files it makes, but one is {pair!r:.80}")
    return pair[0], pair[1]


def _refuse_unknown(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise CorpusError(f"{where}: unknown key {key!r}; there are {', '.join(sorted(known))}")


def _list(table: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise CorpusError(f"{where}: {key} must be a list, but is {value!r:.60}")
    return value


def _text(table: Mapping[str, Any], key: str, where: str, *, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise CorpusError(f"{where}: {key} must be text in quotes, but is {value!r:.60}")
    return value


def _size(table: Mapping[str, Any], key: str, where: str) -> int | None:
    value = table.get(key)
    if value is not None and (type(value) is not int or value < 1):
        raise CorpusError(f"{where}: {key} must be a whole number, at least 1, but is {value!r:.60}")
    return value
