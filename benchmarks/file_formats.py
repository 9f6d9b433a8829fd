"""Do real files come back as they were? Catalogues, pages, notes and messages out of packages, byte for byte.

Every PO catalogue, HTML page, Markdown note and JSON file in the wheels is opened as it would be translated, and
written without a translation: the bytes must be the same. Catalogues in six languages are also filled with their own
sources, checked by ``msgfmt -c``, and compared with the MO file beside them. Prints one line per format. Run with

    python benchmarks/file_formats.py --wheels django-*.whl wagtail-*.whl
"""

import argparse
import subprocess
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

from regard.corpus import Reading, read_pairs
from regard.documents import SUFFIXES, open_document
from regard.errors import CorpusError

_CHECKED = ("fr", "de", "ru", "ar", "ja", "pl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, nargs="+", required=True)
    with tempfile.TemporaryDirectory() as folder:
        counts: Counter[tuple[str, str]] = Counter()
        for path in _unpacked(parser.parse_args().wheels, Path(folder)):
            counts[path.suffix, _ending(path)] += 1
        for (suffix, ending), count in sorted(counts.items()):
            print(f"{suffix:6} {count:6,} {ending}")
        if any(ending.startswith("not ") for _, ending in counts):
            raise SystemExit("a file did not come back")


def _unpacked(wheels: list[Path], folder: Path) -> list[Path]:
    found = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                if Path(name).suffix in SUFFIXES:
                    found.append(Path(packed.extract(name, folder / wheel.stem)))
                elif name.endswith(".mo"):
                    packed.extract(name, folder / wheel.stem)
    return found


def _ending(path: Path) -> str:
    try:
        opened = open_document(path, Reading("en"))
    except CorpusError as error:
        return f"refused: {str(error).removeprefix(str(path)).lstrip(',: ')[:70]}"
    if opened.written({}) != path.read_bytes():
        return "not the same bytes"
    is_checked = path.suffix == ".po" and any(f"/{language}/" in str(path) for language in _CHECKED)
    return _filled(path) if is_checked else "the same bytes"


def _filled(path: Path) -> str:
    opened = open_document(path, Reading("en"))
    filled = path.with_suffix(".filled.po")
    units = opened.document.units
    filled.write_bytes(
        opened.written({number: unit.source for number, unit in enumerate(units) if unit.target is None})
    )
    checked = subprocess.run(["msgfmt", "-c", "-f", "-o", "/dev/null", str(filled)], capture_output=True, text=True)
    unfilled = subprocess.run(["msgfmt", "-c", "-f", "-o", "/dev/null", str(path)], capture_output=True, text=True)
    if checked.returncode > unfilled.returncode:
        return f"not passed by msgfmt -c once filled: {checked.stderr.splitlines()[0].rpartition(':')[2]}"
    compiled = path.with_suffix(".mo")
    if compiled.exists() and not _says_the_same(path, compiled):
        return "not what its MO file says"
    return "the same bytes, msgfmt -c passes as before when filled, pairs as in the MO file"


def _says_the_same(catalogue: Path, compiled: Path) -> bool:
    one, other = ({(pair.source, pair.target) for pair in read_pairs(path)} for path in (catalogue, compiled))
    return one == other


if __name__ == "__main__":
    main()
