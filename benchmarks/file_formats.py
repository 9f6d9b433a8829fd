"""Do real files come back as they were? Catalogues, memories, pages, tables, films out of packages, byte for byte.

Every file that can be translated in place, out of wheels, source packages and npm's, is opened and written without a
translation: the bytes must be the same. Then

* catalogues in six languages are filled with their own sources, checked by ``msgfmt -c``, and compared with the MO file
  beside them;
* memories and XLIFF files are filled too, and must be as valid as before: by the official XML schemas of XLIFF 1.2 and
  2.0 and the document type of TMX 1.4 where ``--schemas`` has them, else well-formed;
* columns of Parquet files are read, and compared with what pyarrow says.

Prints a line for each format and outcome. Run with

    python benchmarks/file_formats.py --packages FOLDER [--schemas FOLDER]
"""

import argparse
import subprocess
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from regard.corpus import Reading, read_pairs
from regard.documents import SUFFIXES, OpenedDocument, open_document
from regard.errors import CorpusError

_CHECKED = ("fr", "de", "ru", "ar", "ja", "pl")
_BESIDE = (".mo", ".parquet")
_ONE, _TWO = (f"urn:oasis:names:tc:xliff:document:{version}" for version in ("1.2", "2.0"))
_SCHEMAS = {_ONE: "xliff-core-1.2-strict.xsd", _TWO: "xliff-core-2.0.xsd", "tmx": "tmx14.dtd"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="a folder of .whl, .tar.gz, .tgz; or of files")
    parser.add_argument("--schemas", type=Path, help="a folder with " + ", ".join(_SCHEMAS.values()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts: Counter[tuple[str, str]] = Counter()
        for path in [*_unpacked(given.packages, Path(folder)), *_loose(given.packages)]:
            ending = _ending(path, given.schemas)
            counts[path.suffix.lower(), ending] += 1
            if ending.startswith("not "):
                print(f"{path.relative_to(path.parents[3])}: {ending}", flush=True)
    for (suffix, ending), count in sorted(counts.items()):
        print(f"{suffix:9} {count:6,} {ending}")
    if any(ending.startswith("not ") for _, ending in counts):
        raise SystemExit("a file did not come back")


def _loose(packages: Path) -> Iterator[Path]:
    return (path for path in sorted(packages.rglob("*")) if path.suffix.lower() in (*SUFFIXES, ".parquet"))


def _unpacked(packages: Path, folder: Path) -> Iterator[Path]:
    for package in sorted(packages.iterdir()):
        into = folder / package.name
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                wheel.extractall(into, [name for name in wheel.namelist() if _is_wanted(name)])
        elif package.name.endswith((".tar.gz", ".tgz", ".tar.bz2")):
            with tarfile.open(package) as sources:
                for member in sources:
                    # Written by hand: Python learnt to refuse names that lead elsewhere in 3.11.4, and 3.11 is enough.
                    path, content = (into / member.name).resolve(), sources.extractfile(member)
                    if content is not None and _is_wanted(member.name) and path.is_relative_to(into.resolve()):
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(content.read())
        yield from (path for path in sorted(into.rglob("*")) if path.suffix != ".mo" and path.is_file())


def _is_wanted(name: str) -> bool:
    return Path(name).suffix.lower() in (*SUFFIXES, *_BESIDE)


def _ending(path: Path, schemas: Path | None) -> str:
    try:
        if path.suffix == ".parquet":
            return _columns(path)
        opened = open_document(path, _reading(path))
    except CorpusError as error:
        said = str(error).replace(str(path), "").lstrip(",: ")
        return f"refused: {said.partition(';')[0].partition('(')[0].rstrip(':. ')[-60:]}"
    if opened.written({}) != path.read_bytes():
        return "not the same bytes"
    if path.suffix == ".po" and any(f"/{language}/" in str(path) for language in _CHECKED):
        return _filled_catalogue(path, opened)
    return _filled_xml(path, opened, schemas) if path.suffix in (".tmx", ".xlf", ".xliff") else "the same bytes"


def _reading(path: Path) -> Reading:
    """What has to be said of a file: a table's columns, two of a memory's languages."""
    if path.suffix == ".csv":
        names = path.read_text("utf-8", errors="replace").partition("\n")[0].strip().replace('"', "").split(",")
        return Reading(source_column=names[0], target_column=names[-1])
    if path.suffix == ".tmx":
        languages = sorted(set(etree.parse(path).xpath("//tuv/@*[local-name()='lang']")))
        return Reading(*languages[-1:], *languages[:1]) if len(languages) > 1 else Reading()
    return Reading() if path.suffix in (".xlf", ".xliff") else Reading("en")


def _columns(path: Path) -> str:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    names = [field.name for field in table.schema if pyarrow.types.is_string(field.type)]
    if len(names) < 2:
        return "refused: no two columns of text" if _is_refused(path) else "not refused without columns of text"
    reading = Reading(source_column=names[0], target_column=names[1])
    found = [(pair.source, pair.target) for pair in read_pairs(path, reading=reading)]
    wanted = zip(*(table.column(name).to_pylist() for name in names[:2]), strict=True)
    kept = [pair for pair in wanted if all(side and side.strip() for side in pair)]
    return "what pyarrow reads" if found == kept else "not what pyarrow reads"


def _is_refused(path: Path) -> bool:
    try:
        return not list(read_pairs(path))
    except CorpusError:
        return True


def _filled(opened: OpenedDocument) -> bytes:
    units = opened.document.units
    return opened.written({number: unit.source for number, unit in enumerate(units) if not unit.is_final})


def _filled_xml(path: Path, opened: OpenedDocument, schemas: Path | None) -> str:
    before, after = path.read_bytes(), _filled(opened)
    wanted, found = (_problems(content, schemas) for content in (before, after))
    if found and not wanted:
        return f"not valid once filled: {found[0]}"
    if set(found) - set(wanted):
        return f"not as valid as before: {sorted(set(found) - set(wanted))[0]}"
    return f"the same bytes; filled: {'well-formed, valid' if not wanted else 'well-formed, no less valid than before'}"


def _problems(content: bytes, schemas: Path | None) -> list[str]:
    """What a schema says of a file, without lines; a file that is not well-formed raises."""
    root = etree.fromstring(content, etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False))
    kind = etree.QName(root).namespace or etree.QName(root).localname
    if schemas is None or kind not in _SCHEMAS:
        return ["no schema to look into"]
    schema = _schema(schemas, kind)
    return [] if schema.validate(root) else sorted({error.message for error in schema.error_log})


@cache
def _schema(schemas: Path, kind: str) -> Any:
    path = schemas / _SCHEMAS[kind]
    if path.suffix == ".dtd":
        return etree.DTD(str(path))
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local(schemas))
    return etree.XMLSchema(etree.parse(path, parser))


class _Local(etree.Resolver):  # type: ignore[misc]
    """Takes schemas that others import from the folder, wherever they say they are."""

    def __init__(self, schemas: Path) -> None:
        self._schemas = schemas

    def resolve(self, system_url: str, _public_id: object, context: object) -> Any:
        path = self._schemas / system_url.rpartition("/")[2]
        return self.resolve_filename(str(path), context) if path.exists() else None


def _filled_catalogue(path: Path, opened: OpenedDocument) -> str:
    filled = path.with_suffix(".filled.po")
    units = opened.document.units
    filled.write_bytes(
        opened.written({number: unit.source for number, unit in enumerate(units) if unit.target is None})
    )
    checked, unfilled = (
        subprocess.run(["msgfmt", "-c", "-f", "-o", "/dev/null", str(each)], capture_output=True, text=True)
        for each in (filled, path)
    )
    if checked.returncode > unfilled.returncode:
        return f"not passed by msgfmt -c once filled: {checked.stderr.splitlines()[0].rpartition(':')[2]}"
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        return "the same bytes; filled: msgfmt -c passes as before"
    one, other = ({(pair.source, pair.target) for pair in read_pairs(each)} for each in (path, compiled))
    if one != other:
        return "not what its MO file says"
    return "the same bytes; filled: msgfmt -c passes as before; pairs as in the MO file"


if __name__ == "__main__":
    main()
