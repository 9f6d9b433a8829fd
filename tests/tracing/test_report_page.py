"""The report in a browser: quiet, complete by keyboard, true to the trace, legible to everybody, safe with any text.

The trace lies in the page, so what a key or a click changes is drawn before the event is over. What an address, a
width, the light or pointing changes comes with a later event or the next frame, and is waited for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from regard.tracing.cell import cell_card
from regard.tracing.header import Check
from regard.tracing.labels import decoder_labels, token_labels
from regard.tracing.report import report
from regard.tracing.trace import FAMILIES, HeadTrace, Trace

MakeTrace = Callable[..., Trace]


START = {
    "kind": "decoder.cross",
    "layer": 0,
    "head": 0,
    "query": 0,
    "key": 0,
    "column": 0,
    "step": "weights",
    "by": "piece",
}
STATE = """(state) => {
  const now = new URLSearchParams(location.hash.slice(1));
  return Object.entries(state).every(([name, value]) => now.get(name) === String(value));
}"""


GO = """(hash) => new Promise((done) => {
  if (location.hash === `#${hash}`) {
    done();
    return;
  }
  window.addEventListener("hashchange", () => done(), { once: true });
  location.hash = hash;
})"""
"""Ends when all who listened before have heard of the new address."""


@dataclass
class Opened:
    """A page, and everything it said or asked for."""

    page: Page
    address: str
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def check_quiet(self) -> None:
        """Nothing on the console, no error, no request but for the file itself."""
        assert self.said == []
        assert {request.split("#")[0] for request in self.requests} == {self.address}

    def go(self, **state: object) -> None:
        """Selects by the address, as a link does; what is not named is selected as in ``START``."""
        whole = START | state
        self.page.evaluate(GO, "&".join(f"{name}={value}" for name, value in whole.items()))
        self.page.wait_for_function(STATE, arg=whole)
        self.page.wait_for_function(
            "(name) => document.querySelector('.head-name').textContent === name", arg=head_name(whole)
        )


def head_name(state: dict[str, object]) -> str:
    kinds = {"encoder.self": "Encoder self-attention", "decoder.self": "Decoder self-attention"}
    return f"{kinds.get(str(state['kind']), 'Cross-attention')}, layer {state['layer']}, head {state['head']}"


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def open_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """``open_page(text_of_a_page, width=320, scheme="dark")``."""
    contexts = []

    def opened(text: str, *, width: int = 1280, scheme: str = "light", address: str = "", **options: Any) -> Opened:
        path = tmp_path_factory.mktemp("page") / "report.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        found = Opened(context.new_page(), path.as_uri())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(path.as_uri() + address)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def trace(make_trace: MakeTrace) -> Trace:
    made = make_trace("The fluff¦y cat sleeps", "Le chat dor¦t", layers=2, heads=3, pad=2, sharpness=2.0)
    checks = (Check(name="rows", what="rows sum to 1", measured=1e-7, tolerance=1e-5, holds=True),)
    return Trace(made.header.model_copy(update={"checks": checks}), made.tensors)


@pytest.fixture(scope="module")
def text(trace: Trace) -> str:
    return report(trace)


@pytest.fixture(scope="module")
def whole(open_page: Open, text: str) -> Iterator[Opened]:
    """One page for all tests that need no other than the ordinary one; it must have been quiet all the time."""
    opened = open_page(text)
    yield opened
    opened.check_quiet()


@pytest.fixture
def shown(whole: Opened) -> Opened:
    """The same, as it looks when somebody opens it."""
    whole.page.evaluate("document.activeElement.blur()")
    whole.go()
    return whole


@pytest.fixture
def adjustable(shown: Opened) -> Iterator[Opened]:
    """The same, for tests that change its width, light or medium."""
    yield shown
    shown.page.set_viewport_size({"width": 1280, "height": 800})
    shown.page.emulate_media(media="screen", color_scheme="light", reduced_motion="no-preference")


def name_of(page: Page) -> str:
    return page.inner_text(".head-name")


def sentence_of(page: Page) -> str:
    return page.inner_text(".card .sentence")


def test_it_opens_quietly_in_the_dark(open_page: Open, text: str) -> None:
    opened = open_page(text, scheme="dark")
    opened.page.wait_for_selector(".numbers td")
    opened.page.keyboard.press("?")
    opened.page.keyboard.press("Escape")
    opened.check_quiet()


def test_a_foreign_script_is_refused_and_heard(open_page: Open, text: str) -> None:
    """The negative control: what a hole in the escaping would do, and that this suite would notice."""
    broken = text.replace("<header>", "<header><script>window.harm = 1</script><img src='x.png'>")
    opened = open_page(broken)
    assert opened.page.evaluate("window.harm") is None
    with pytest.raises(AssertionError, match="Content Security Policy"):
        opened.check_quiet()


def test_layer_and_head_by_keyboard_alone(shown: Opened) -> None:
    shown.go(kind="encoder.self")
    page = shown.page
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.getAttribute('role')") != "radio":
        page.keyboard.press("Tab")
    for key, expected in (("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("End", (1, 2)), ("ArrowUp", (0, 2))):
        page.keyboard.press(key)
        page.wait_for_function(
            "(name) => document.querySelector('.head-name').textContent === name",
            arg=f"Encoder self-attention, layer {expected[0]}, head {expected[1]}",
        )
        assert page.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"


def test_every_shortcut(shown: Opened) -> None:
    shown.go(kind="encoder.self")
    page = shown.page
    for keys, expected in (
        ("d", "Decoder self-attention, layer 0, head 0"),
        ("cl", "Cross-attention, layer 1, head 0"),
        ("hh", "Cross-attention, layer 1, head 2"),
        ("HL", "Cross-attention, layer 0, head 1"),
        ("eee", "Encoder self-attention, layer 0, head 1"),
    ):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function("(name) => document.querySelector('.head-name').textContent === name", arg=expected)
    for key, step in zip("1234", ("Scores", "Mask", "Weights", "Output"), strict=True):
        page.keyboard.press(key)
        assert step in page.inner_text(".panel.active h3")
        assert step in page.inner_text(".table h2")
    page.keyboard.press("3")
    page.keyboard.press("w")
    assert page.get_attribute(".switch", "aria-checked") == "true"


def test_shortcuts_can_be_switched_off(shown: Opened) -> None:
    shown.go(kind="encoder.self")
    page = shown.page
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.keyboard.press("?")
    assert name_of(page) == "Encoder self-attention, layer 0, head 0"
    assert not page.is_visible("dialog")
    page.locator("button.keys").click()
    page.get_by_label("Single-key shortcuts").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("h")
    assert name_of(page) == "Encoder self-attention, layer 0, head 1"


def test_arrow_keys_walk_through_the_table(shown: Opened, trace: Trace) -> None:
    page = shown.page
    page.keyboard.press("t")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    head = trace["decoder.cross", 0, 0]
    assert page.evaluate("document.activeElement.textContent") == f"{head.weights[1, 2]:.2f}"
    assert sentence_of(page) == cell_card(head, 1, 2).sentence
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "∅"
    for _ in range(3):  # the edge
        page.keyboard.press("ArrowRight")
    assert sentence_of(page) == cell_card(head, 1, len(head.key_tokens) - 1).sentence


@pytest.mark.parametrize(
    ("family", "query", "key"), [("encoder.self", 4, 3), ("decoder.self", 1, 3), ("decoder.cross", 2, 6)]
)
def test_the_card_is_that_of_python(shown: Opened, trace: Trace, family: str, query: int, key: int) -> None:
    """One visible cell, one of the future, one of padding; all cells are compared by the tests of the modules."""
    shown.go(kind=family, layer=1, head=2, query=query, key=key)
    page = shown.page
    card = cell_card(trace[family, 1, 2], query, key)
    assert sentence_of(page) == card.sentence
    assert page.locator(".card .contribution").count() == card.is_visible
    if card.is_visible:
        assert page.inner_text(".card .contribution") == card.contribution_sentence


def table_of(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        "() => Array.from(document.querySelectorAll('.numbers tbody tr'), (row) =>"
        " Array.from(row.querySelectorAll('td'), (cell) => cell.textContent))"
    )
    return found


def decimals(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def numbers_of(head: HeadTrace, step: str) -> list[list[str]]:
    """What the table must show of a step: two decimals, and a sign where the mask hides a cell."""
    matrix = {"scores": head.scores, "mask": head.scores, "weights": head.weights, "output": head.context}[step]
    has_signs = step in {"mask", "weights"}
    signs = {0: "", 1: "∅", 2: "×"}
    return [
        [
            signs[int(head.codes[row, column])] if has_signs and head.codes[row, column] else decimals(float(value))
            for column, value in enumerate(values)
        ]
        for row, values in enumerate(matrix)
    ]


@pytest.mark.parametrize("step", ["scores", "mask", "weights", "output"])
def test_tables_have_the_numbers_of_the_trace(shown: Opened, trace: Trace, step: str) -> None:
    for family in FAMILIES:
        shown.go(kind=family, layer=1, head=1, step=step)
        assert table_of(shown.page) == numbers_of(trace[family, 1, 1], step)


def test_rows_and_columns_are_named(shown: Opened, trace: Trace) -> None:
    page = shown.page
    rows = page.eval_on_selector_all(".numbers tbody th", "(all) => all.map((one) => [one.textContent, one.lang])")
    columns = page.eval_on_selector_all(".numbers thead th", "(all) => all.map((one) => [one.textContent, one.lang])")
    expected = decoder_labels(trace.tokens.target_in, trace.tokens.target_out)
    assert rows == [[name, "fr"] for name in expected]
    assert columns == [["query ↓ key →", ""], *([name, "en"] for name in token_labels(trace.tokens.source))]
    assert "Rows are queries, columns are keys." in page.inner_text(".table h2")


def test_scores_of_hidden_cells_are_shown_before_the_mask_only(shown: Opened) -> None:
    shown.go(kind="decoder.self", key=2, step="scores")
    assert re.fullmatch(r"−?\d+\.\d\d", table_of(shown.page)[0][2])
    for step in ("mask", "weights"):
        shown.go(kind="decoder.self", key=2, step=step)
        assert table_of(shown.page)[0][2] == "×"
    assert "hidden: future word; without this mask it would take" in sentence_of(shown.page)
    assert "future" in shown.page.inner_text(".panel.active .legend")


def test_by_word_sums_keys_and_averages_queries(shown: Opened, trace: Trace) -> None:
    shown.go(by="word")
    weights = trace["decoder.cross", 0, 0].weights
    by_key = np.stack([weights[:, 0], weights[:, 1:3].sum(1), *weights[:, 3:].T], axis=1)  # fluff + y
    grouped = np.concatenate([by_key[:3], by_key[3:].mean(0, keepdims=True)])  # dor + t
    rows = table_of(shown.page)
    assert [row[:-2] for row in rows] == [[decimals(value) for value in row[:-2]] for row in grouped]
    assert {cell for row in rows for cell in row[-2:]} == {"∅"}
    assert shown.page.inner_text(".numbers tbody tr:last-child th") == 'after "dort" → ⟨end⟩'
    assert "summed over the pieces of a key and averaged over the pieces of a query" in shown.page.inner_text(
        ".panel.active"
    )


def test_a_click_on_a_picture_selects_the_cell(shown: Opened, trace: Trace) -> None:
    shown.go(kind="encoder.self")
    page, head = shown.page, trace["encoder.self", 0, 0]
    canvas = page.locator(".panel").nth(2).locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] - 6, "y": box["height"] - 8})  # the last cell
    assert sentence_of(page) == cell_card(head, len(head.query_tokens) - 1, len(head.key_tokens) - 1).sentence
    assert page.evaluate("document.activeElement.tagName") == "TD"  # and arrow keys go on from there


def test_pointing_at_a_picture_says_what_is_there(shown: Opened, trace: Trace) -> None:
    canvas = shown.page.locator(".panel").nth(2).locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": box["width"] - 6, "y": box["height"] - 8})
    pointed = shown.page.locator(".panel:nth-child(3) .pointed")
    expect(pointed).to_have_text('after "·t" → ⟨end⟩ · ∅ ∅')
    shown.page.mouse.move(1, 1)
    expect(pointed).to_have_text("")


def test_tokens_of_the_strips_select_too(shown: Opened, trace: Trace) -> None:
    page = shown.page
    page.locator(".strip").nth(0).get_by_role("radio").nth(2).click()
    page.keyboard.press("ArrowRight")
    page.locator(".strip").nth(1).get_by_role("radio").nth(3).click()
    assert sentence_of(page) == cell_card(trace["decoder.cross", 0, 0], 3, 3).sentence
    assert page.locator(".token.pad").count() == 2


def test_a_reload_shows_the_same(shown: Opened) -> None:
    opened = shown
    opened.go(kind="decoder.self", layer=1, head=2, query=2, key=1, step="mask", by="word")
    before = (name_of(opened.page), sentence_of(opened.page), table_of(opened.page))
    assert before[0] == "Decoder self-attention, layer 1, head 2"
    opened.page.reload()
    assert (name_of(opened.page), sentence_of(opened.page), table_of(opened.page)) == before


def test_an_address_that_makes_no_sense_selects_something(open_page: Open, text: str) -> None:
    opened = open_page(text, address="#kind=nothing&layer=77&head=-3&query=1000&key=<script>&step=9")
    assert name_of(opened.page) == "Cross-attention, layer 1, head " + name_of(opened.page)[-1]
    opened.check_quiet()


def test_changes_are_announced(shown: Opened, trace: Trace) -> None:
    opened = shown
    opened.go(query=1, key=2)
    weight = trace["decoder.cross", 0, 0].weights[1, 2]
    opened.page.wait_for_function(
        "(words) => document.querySelector('[aria-live]').textContent.includes(words)",
        arg=f'after "Le" → "chat", key ·y: weight {weight:.2f}',
    )
    alternatives = opened.page.eval_on_selector_all(
        ".panel canvas", "(all) => all.map((one) => one.getAttribute('aria-label'))"
    )
    assert [alternative.split(",")[0] for alternative in alternatives] == ["Scores", "Mask", "Weights", "Output"]


def test_axe_finds_nothing(open_page: Open, text: str) -> None:
    opened = open_page(text, reduced_motion="reduce")
    opened.page.locator("summary").click()
    assert violations(opened.page) == []
    opened.page.emulate_media(color_scheme="dark")
    opened.go(kind="decoder.self", step="mask", by="word")
    assert violations(opened.page, "color-contrast") == []
    opened.page.keyboard.press("?")
    assert violations(opened.page, part="dialog") == []


def test_axe_finds_nothing_without_scripts_either(open_page: Open, text: str) -> None:
    still = re.sub(r'<script type="module">.*?</script>', "", text, flags=re.DOTALL)
    assert violations(open_page(still).page) == []


def test_axe_would_find_something(shown: Opened) -> None:
    shown.page.evaluate("() => document.querySelector('.panel canvas').removeAttribute('aria-label')")
    assert violations(shown.page, "role-img-alt") != []


def violations(page: Page, *rules: str, part: str | None = None) -> list[str]:
    """What axe complains about; of some rules or of a part of the page only, if any are named."""
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(page, context=part, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:120]} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_the_page(adjustable: Opened, width: int) -> None:
    adjustable.page.set_viewport_size({"width": width, "height": 800})
    for step in ("weights", "output"):
        adjustable.go(step=step)
        adjustable.page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)
    adjustable.page.wait_for_function(
        "(least) => [...document.querySelectorAll('.panel canvas')].every((one) => one.clientWidth >= least)",
        arg=min(width - 40, 250),
    )


def test_twice_the_size_scrolls_no_page(open_page: Open, text: str) -> None:
    opened = open_page(text, width=640, device_scale_factor=2)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 640
    sharpness = "(canvas) => canvas.width / canvas.clientWidth"
    assert opened.page.eval_on_selector(".panel canvas", sharpness) == pytest.approx(2, abs=0.02)


def test_hostile_text_runs_nothing(open_page: Open, make_trace: MakeTrace, hostile_texts: list[str]) -> None:
    sentence = " ".join(one.replace(" ", "").replace("¦", "") for one in hostile_texts)
    opened = open_page(report(make_trace(sentence, sentence)), width=320)
    opened.page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    for place in range(len(hostile_texts)):
        opened.go(query=place + 1, key=place, by="word" if place % 2 else "piece")
    assert len(table_of(opened.page)) == len(hostile_texts) + 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert opened.page.evaluate("document.querySelectorAll('script:not([id])').length") == 1
    assert not re.search("[\x1b\u202e]", opened.page.inner_text("body"))
    opened.check_quiet()


def test_unknown_characters_alone(open_page: Open, make_trace: MakeTrace) -> None:
    made = make_trace("a b", "c")
    unknown = [
        token.model_copy(update={"kind": "unk"} if token.kind == "piece" else {}) for token in made.tokens.source
    ]
    tokens = made.tokens.model_copy(update={"source": tuple(unknown)})
    opened = open_page(report(Trace(made.header.model_copy(update={"tokens": tokens}), made.tensors)))
    opened.go(kind="encoder.self", query=1)
    assert sentence_of(opened.page).startswith("score(⟨unknown⟩→⟨unknown⟩) = ")
    opened.check_quiet()


def test_an_empty_sentence_says_so(open_page: Open, make_trace: MakeTrace) -> None:
    made = make_trace("", "")
    nothing = Trace(made.header.model_copy(update={"attentions": (), "masks": {}}), {})
    opened = open_page(report(nothing))
    assert "No attention was recorded" in opened.page.inner_text("main")
    opened.check_quiet()


def test_additive_cross_attention_alone(open_page: Open, make_trace: MakeTrace) -> None:
    """What a recurrent translator has: one attention, whose scores are no products."""
    made = make_trace("a b", "c", heads=1)
    cross = [each for each in made.attentions if each.attention == "decoder.cross"]
    facts = cross[0].model_copy(update={"score": "additive", "scale": 1.0})
    masks = {facts.mask: made.header.masks[facts.mask]}
    header = made.header.model_copy(update={"attentions": (facts,), "masks": masks})
    alone = Trace(header, {name: made.tensors[name] for name in header.shapes()})
    opened = open_page(report(alone), address="#kind=encoder.self")
    assert opened.page.locator(".kind h2").all_inner_texts() == ["Cross-attention"]
    assert "a small network of q and k" in opened.page.inner_text(".panel:nth-child(1)")
    opened.page.keyboard.press("e")
    opened.go(query=1, key=1)
    assert sentence_of(opened.page) == cell_card(alone["decoder.cross", 0, 0], 1, 1).sentence
    opened.check_quiet()


def test_a_long_sentence_has_a_window(open_page: Open, make_trace: MakeTrace) -> None:
    words = " ".join(f"w{number}" for number in range(40))
    made = make_trace(words, words, heads=1)
    opened = open_page(report(made), address="#kind=decoder.self&query=30&key=20&step=scores")
    page, head = opened.page, made["decoder.self", 0, 0]
    assert len(table_of(page)) == 24
    assert {len(row) for row in table_of(page)} == {24}
    assert page.inner_text("td[aria-selected=true]") == decimals(float(head.scores[30, 20]))
    assert "A window: rows 17–40 of 41, columns 8–31 of 41." in page.inner_text(".table")
    page.keyboard.press("t")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("td[aria-selected=true]") == decimals(float(head.scores[30, 25]))
    assert page.evaluate("document.activeElement.dataset.column") == "25"
    opened.check_quiet()


def test_without_scripts_there_are_tables(open_page: Open, trace: Trace, text: str) -> None:
    opened = open_page(text, java_script_enabled=False, width=320)
    assert opened.page.locator("table.numbers").count() == 4
    assert "Le chat" in opened.page.inner_text("h1")
    opened.check_quiet()


def test_languages_are_marked(shown: Opened) -> None:
    page = shown.page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.eval_on_selector_all("h1 [lang]", "(all) => all.map((one) => one.lang)") == ["en", "fr"]
    assert set(page.eval_on_selector_all(".strip:nth-child(1) .token", "(all) => all.map((one) => one.lang)")) == {"fr"}
    assert set(page.eval_on_selector_all(".strip:nth-child(2) .token", "(all) => all.map((one) => one.lang)")) == {"en"}


def test_paper_is_light(adjustable: Opened) -> None:
    page = adjustable.page
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => Math.max(...({CORNER})(document.querySelector('.panel canvas'))) < 60")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible(".tools")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert min(corner(page)) > 240


CORNER = """(canvas) => {
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return Array.from(copy.getImageData(0, 0, 1, 1).data).slice(0, 3);
}"""


def corner(page: Page) -> list[int]:
    """The colour of the first pixel of a picture."""
    found: list[int] = page.eval_on_selector(".panel canvas", CORNER)
    return found


def test_motion_can_be_reduced(adjustable: Opened) -> None:
    moving = "getComputedStyle(document.querySelector('.bar span')).transitionDuration"
    assert adjustable.page.evaluate(moving) != "0s"
    adjustable.page.emulate_media(reduced_motion="reduce")
    assert adjustable.page.evaluate(moving) == "0s"
