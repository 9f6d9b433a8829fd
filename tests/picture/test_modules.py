"""Rules for the files themselves: small, plain, and unable to run data or to call anybody."""

import re

import pytest

from regard.picture import STYLE, read_file, scripts

FILES = (*scripts(), STYLE)
MOST_BYTES = 90_000  # of the 100 kB that the whole page may have
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
FORBIDDEN = "|".join(
    [
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function",
        r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|https?:|url\(|localStorage",
    ]
)


def functions_of(code: str) -> list[tuple[str, int]]:
    """The name and the number of lines of every function at the top of a module."""
    found = re.finditer(r"^(?:export )?(?:async )?function (\w+)\(.*?^}$", code, re.MULTILINE | re.DOTALL)
    return [(match[1], match[0].count("\n") + 1) for match in found]


def test_all_files_together_are_small() -> None:
    assert sum(len(read_file(name).encode()) for name in FILES) <= MOST_BYTES


@pytest.mark.parametrize("name", FILES)
def test_nothing_runs_data_or_reaches_out(name: str) -> None:
    assert re.findall(FORBIDDEN, read_file(name)) == []


@pytest.mark.parametrize("code", ["box.innerHTML = text;", "await fetch(address)", "new Function(text)", "url(a.png)"])
def test_each_way_is_seen(code: str) -> None:
    assert re.search(FORBIDDEN, code)


@pytest.mark.parametrize("name", scripts())
def test_modules_say_what_they_are_and_are_short(name: str) -> None:
    code = read_file(name)
    assert code.startswith("// ")
    assert len(code.splitlines()) <= LONGEST_FILE
    assert [found for found in functions_of(code) if found[1] > LONGEST_FUNCTION] == []
    assert [line for line in code.splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("name", scripts())
def test_modules_import_what_there_is_and_use_it(name: str) -> None:
    code = read_file(name)
    for names, module in re.findall(r'^import \{ ([^}]+) \} from "\./([^"]+)";$', code, re.MULTILINE):
        for imported in names.split(", "):
            assert re.search(
                rf"^export (?:async )?(?:const|function|class) {imported}\b", read_file(module), re.MULTILINE
            )
            assert len(re.findall(rf"\b{imported}\b", code)) > 1, f"{imported} is imported and not used"


def test_a_long_function_is_seen() -> None:
    body = "  x();\n" * LONGEST_FUNCTION
    assert functions_of(f"export function f(a) {{\n{body}}}\n") == [("f", LONGEST_FUNCTION + 2)]
