"""The picture modules in a browser, each by its name: ``modules.evaluate("cell.shown(0.5)")``."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from regard.picture import STYLE, read_file, scripts
from regard.tracing.inline import one_script

ENTRY = "report.js"
EVERYTHING = "everything.js"


@pytest.fixture(scope="session")
def modules(browser: Browser) -> Iterator[Page]:
    """An empty page that has every module but the report's entry as a global object, under the file's name."""
    names = [name.removesuffix(".js") for name in scripts() if name != ENTRY]
    script = one_script(EVERYTHING, lambda name: _everything(names) if name == EVERYTHING else read_file(name))
    shown = ", ".join(f"{name}: {name}_js" for name in names)
    page = browser.new_page()
    page.set_content(f"<style>{read_file(STYLE)}</style><body></body>")
    page.evaluate(f"() => {{ {script} Object.assign(window, {{ {shown} }}); }}")
    yield page
    page.close()


def _everything(names: list[str]) -> str:
    """A module that imports something from every other."""
    first = {name: re.findall(r"^export \w+ (\w+)", read_file(f"{name}.js"), re.MULTILINE)[0] for name in names}
    return "".join(f'import {{ {export} }} from "./{name}.js";\n' for name, export in first.items())
