"""What the fields of the page say is what is asked for and shown, and no address or token leads to a dead end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect

import regard
from regard.bundle import BundleFacts, save_bundle
from regard.models import build_model
from regard.settings import DecodingSettings, ModelSettings, Settings
from regard.text import Tokenizer

TEXT = "one two three"
READY = {
    "watch": ".after .action",
    "inspect": ".card .sentence",
    "masks": ".card .sentence",
    "compare": ".panels.three canvas",
    "follow": ".followed",
}
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, server: Any) -> Iterator[Open]:
    """``open_page("compare", text2="…")`` waits for what the screen shows; no script may break."""
    wrong: list[str] = []
    context = browser.new_context()

    def opened(screen: str, *, port: int | None = None, ready: str | None = None, **values: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"http://127.0.0.1:{port or server.port}/{hash_of(screen=screen, text=TEXT, **values)}")
        page.wait_for_selector(ready or READY[screen])
        return page

    yield opened
    context.close()
    assert wrong == []


def hash_of(**values: str) -> str:
    return "#" + "&".join(f"{name}={value.replace(' ', '+')}" for name, value in values.items())


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()


@pytest.fixture
def stranger(tiny_run: Path, tmp_path: Path) -> Path:
    """A model of other words and of more layers, which always says the number of the tiny model's first word."""
    shape = ModelSettings(
        model_dim=8, num_heads=2, feedforward_dim=8, encoder_layers=2, decoder_layers=2, output_bias=True
    )
    tokenizer = Tokenizer.train([f"the cat number {number} sat" for number in range(60)], vocab_size=300)
    first = regard.load(tiny_run).explain(TEXT, beam_size=1).steps[0].id
    model = build_model(shape, tokenizer.vocab_size)
    with torch.no_grad():
        model.output_bias[first] = 100
    save_bundle(
        tmp_path / "stranger",
        settings=Settings(model=shape, decoding=DecodingSettings(max_length=3)),
        tokenizer=tokenizer.to_bytes(),
        weights=model.state_dict(),
        facts=BundleFacts(num_steps=0),
    )
    return tmp_path / "stranger"


@pytest.mark.parametrize("text", ["", " "], ids=["empty", "blank"])
def test_an_emptied_sentence_is_translated_as_nothing(open_page: Open, text: str) -> None:
    page = open_page("watch")
    expect(page.locator(".detail h2")).to_be_visible()
    page.locator("textarea").fill(text)
    press(page, "Translate")
    expect(page.locator("#live")).to_have_text("Translation:")
    expect(page.locator(".written .token")).to_have_count(0)
    expect(page.locator(".detail")).to_be_empty()
    page.reload()
    expect(page.locator(".after .action")).to_be_visible()
    expect(page.locator("textarea")).to_have_value(text)
    expect(page.locator(".written .token")).to_have_count(0)


def test_emptied_words_of_the_example_stay_empty(open_page: Open) -> None:
    page = open_page("masks")
    page.get_by_label("Words").fill("")
    page.reload()
    expect(page.get_by_label("Words")).to_have_value("")


def test_what_is_compared_is_what_both_fields_say(open_page: Open) -> None:
    page = open_page("compare", ckind="encoder.self")
    page.locator("[name=text]").fill("four five")
    press(page, "Compare")  # the second field still says what it said
    expect(page.locator(".panels.three > .note")).to_contain_text("The tokens differ")
    expect(page.locator("[name=text2]")).to_have_value(TEXT)
    page.locator("[name=text2]").fill("")
    press(page, "Compare")
    expect(page.locator(".panels.three")).to_have_count(0)


def test_a_link_to_the_screen_that_is_shown_shows_the_other_sentence(open_page: Open) -> None:
    page = open_page("watch")
    page.evaluate("(hash) => { location.hash = hash; }", hash_of(screen="watch", text="four"))
    expect(page.locator("textarea")).to_have_value("four")
    expect(page.locator("#live")).to_contain_text("Translation: quatre")


def test_skipping_to_the_content_stays_where_it_is(open_page: Open) -> None:
    page = open_page("inspect")
    before = page.url
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#screen")).to_be_focused()
    assert page.url == before


def test_the_second_model_is_the_first_until_another_is_chosen(
    open_page: Open, start_server: Any, tiny_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "twin").symlink_to(tiny_run)
    page = open_page(
        "compare", port=start_server(tiny_run, tmp_path / "twin").port, model="run-2", ckind="encoder.self"
    )
    chosen = page.locator("[name=model2]")
    expect(chosen).to_have_value("run-2")
    expect(page.locator(".compared th")).to_contain_text(["word", "first", "probability", "second"])
    asked: list[Any] = []
    page.on("request", lambda each: asked.append(each.post_data_json) if each.url.endswith("api/traces") else None)
    chosen.select_option("run")
    press(page, "Compare")
    expect(page.locator(".compared th")).to_contain_text(["word", "run-2", "probability", "run"])
    assert [each["model"] for each in asked] == ["run"]


def test_models_with_other_words_and_heads_are_not_taken_for_the_same(
    open_page: Open, start_server: Any, stranger: Path, tiny_run: Path
) -> None:
    page = open_page(
        "compare",
        port=start_server(stranger, tiny_run).port,
        model2="run",
        ckind="decoder.self",
        clayer="1",
        chead="1",
    )
    first = page.locator(".compared tbody tr").first
    expect(first).to_have_class("differs")
    expect(first.locator("td").last).to_be_empty()
    expect(page.locator(".panels.three figcaption")).to_have_text(
        [
            "stranger · Decoder self-attention, layer 1, head 1",
            "run · Decoder self-attention, layer 0, head 1",
        ]
    )
    expect(page.locator(".panels.three > .note")).to_contain_text("not the same layer and head")


def test_a_model_that_is_not_served_any_more_is_no_dead_end(open_page: Open) -> None:
    page = open_page("watch", model="old-name", model2="older-name")
    expect(page.locator("#live")).to_have_text("Translation: un deux trois")
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".panels.three canvas")).to_have_count(3)


def test_a_token_that_cannot_be_sent_is_asked_for_again(open_page: Open, start_server: Any, tiny_run: Path) -> None:
    token = "0123456789abcdef"
    page = open_page("watch", port=start_server(tiny_run, REGARD_TOKEN=token).port, ready="[name=token]")
    for given in (f"“{token}”", f"{token}…"):
        page.locator("[name=token]").fill(given)
        press(page, "Go on")
        expect(page.locator("[name=token]")).to_have_value("")
        expect(page.locator("#screen")).not_to_contain_text("The server does not answer")
    page.locator("[name=token]").fill(f" {token} ")
    press(page, "Go on")
    expect(page.locator("#live")).to_have_text("Translation: un deux trois")


def test_following_goes_on_after_a_blank_sentence(open_page: Open) -> None:
    page = open_page("follow", follow="2")
    page.locator("textarea").fill(" ")
    press(page, "Show")
    expect(page.locator(".tokens [role=radio]")).to_have_count(0)
    page.locator("textarea").fill("six")
    press(page, "Show")
    expect(page.locator(".tokens [aria-checked=true]")).to_have_count(1)
    expect(page.locator(".followed").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
