"""What the page in a browser carries: files out of it, the token to its server, choices from screen to screen."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

TEXT = "one two three"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    yield context.new_page()
    context.close()


def open_screen(page: Page, server: Any, screen: str, ready: str) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/#screen={screen}&text={TEXT.replace(' ', '+')}")
    page.wait_for_selector(ready)


def saved(page: Page, button: str, folder: Path) -> Path:
    """The file that a press of the button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("token", ["", "0123456789abcdef"], ids=["open", "token"])
def test_a_trace_is_saved_as_a_page_and_as_a_file(
    page: Page, start_server: Any, tiny_run: Path, tmp_path: Path, token: str
) -> None:
    server = start_server(tiny_run, REGARD_TOKEN=token)
    open_screen(page, server, "watch", "input[name=token]" if token else ".after .action")
    if token:
        page.locator("input[name=token]").fill(token)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector(".after .action")
    report = saved(page, "Save as a page", tmp_path)
    assert report.name == "regard.html"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    trace = saved(page, "Save the trace", tmp_path)
    assert trace.name == "regard.trace.zip"
    assert "trace.json" in zipfile.ZipFile(trace).namelist()


def test_what_cannot_be_saved_is_said(page: Page, start_server: Any, tiny_run: Path) -> None:
    server = start_server(tiny_run)
    open_screen(page, server, "watch", ".after .action")
    server.stop()
    page.get_by_role("button", name="Save as a page").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")


def test_the_prefix_of_a_mask_is_no_beginning_of_a_translation(page: Page, server: Any) -> None:
    asked: list[Any] = []
    page.on("request", lambda each: asked.append(each.post_data_json) if each.url.endswith("api/traces") else None)
    open_screen(page, server, "masks", ".card .sentence")
    page.get_by_label("Prefix").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".note").first).to_contain_text("The first 3 words are seen by all")
    page.get_by_role("link", name="What if").click()
    page.wait_for_selector(".panels.three canvas")
    assert asked
    assert all("prefix" not in each for each in asked)
    expect(page.get_by_label("Let it begin with")).to_have_value("")
    page.reload()  # the control: a beginning is carried
    page.get_by_label("Let it begin with").fill("deux")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_function("() => document.getElementById('live').textContent.includes('What if: deux')")
    assert asked[-1]["prefix"] == "deux"
