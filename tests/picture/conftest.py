"""The picture modules in a browser, each by its name: ``modules.evaluate("cell.shown(0.5)")``."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from regard.picture import STYLE, read_file, scripts
from regard.tracing.inline import one_script

ENTRY = "report.js"


@pytest.fixture(scope="session")
def modules(browser: Browser) -> Iterator[Page]:
    """An empty page that has every module but the report's entry as a global object, under the file's name."""
    names = [name.removesuffix(".js") for name in scripts() if name != ENTRY]
    script = "".join(_as_global(name) for name in names)
    page = browser.new_page()
    page.set_content(f"<style>{read_file(STYLE)}</style><body></body>")
    page.evaluate(f"() => {{ {script} }}")
    yield page
    page.close()


def _as_global(name: str) -> str:
    """One module and all it imports, in a block of its own, and what it exports as ``window.NAME``."""
    return f"{{\n{one_script(f'{name}.js', read_file)}\nwindow.{name} = {name}_js;\n}}\n"
