"""The page in a browser: words in order, everything by keyboard, the numbers those of Python, quiet on the network."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

import regard
from regard.server.page import page_files
from regard.tracing.cell import cell_card

SCREENS = ("watch", "inspect", "masks", "why", "whatif", "compare", "follow", "tour")
TEXT = "one two three"
WANTED = "un deux trois"
READY = {
    "watch": ".after .action",
    "inspect": ".card .sentence",
    "masks": ".card .sentence",
    "why": ".claim",
    "whatif": ".panels.three canvas",
    "compare": ".panels.three canvas",
    "follow": ".followed",
    "tour": ".stop h2",
}
COUNTING = """() => {
  window.counts = [];
  new MutationObserver(() => {
    const now = document.querySelectorAll(".written .token").length;
    if (now !== window.counts.at(-1)) window.counts.push(now);
  }).observe(document, { childList: true, subtree: true });
}"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A browser may let a key go by that is pressed before its page was ever painted."""
PACE = 450
"""Milliseconds from word to word, as in watch.js."""
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, server: Any) -> Iterator[Open]:
    """``open_page("inspect", width=320, text="…")``; nothing but the server may be asked, and nothing said."""
    contexts, wrong = [], []

    def opened(
        screen: str = "watch", *, width: int = 1280, scheme: Any = "light", port: int | None = None, **values: str
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page, address = context.new_page(), f"http://127.0.0.1:{port or server.port}/"
        page.on("console", lambda message: None if _is_status(message.text) else wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
        page.add_init_script(f"({COUNTING})()")
        hash_ = "&".join(
            f"{name}={value.replace(' ', '+')}" for name, value in ({"screen": screen, "text": TEXT} | values).items()
        )
        page.goto(f"{address}#{hash_}")
        page.wait_for_selector(READY[screen])
        page.evaluate(PAINTED)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _is_status(text: str) -> bool:
    """Browsers tell of every answer that is an error; what the page makes of it is tested where it is expected."""
    return text.startswith("Failed to load resource")


def address_of(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    return found


def words(page: Page) -> list[str]:
    return page.locator(".written .piece").all_inner_texts()


def test_words_appear_one_after_the_other(open_page: Open, tiny_run: Path) -> None:
    page = open_page()
    pieces = [token.piece for token in regard.load(tiny_run).explain(TEXT, beam_size=1).header.tokens.target_out]
    assert words(page) == [piece.replace("▁", "") or piece for piece in pieces[:-1]] + ["⟨end⟩"]
    counts = [count for count in page.evaluate("window.counts") if count > 0]
    assert counts == sorted(counts)
    assert counts[-1] == len(pieces)
    expect(page.locator("#live")).to_have_text(f"Translation: {WANTED}")


def test_probabilities_are_those_of_python(open_page: Open, tiny_run: Path) -> None:
    page = open_page(word="0")
    top = regard.load(tiny_run).explain(TEXT, beam_size=1).header.steps[0].top
    shown = [line.split("\n")[-1] for line in page.locator(".detail li").all_inner_texts()]
    assert shown == [f"{each.probability:.2f}" for each in top]


@pytest.fixture
def playing(open_page: Open) -> Page:
    """A page that plays its words from the first one on; time stands still there, unless a test lets it go on."""
    page = open_page()
    page.clock.install(time=0)
    page.clock.pause_at(3600)
    page.locator(".controls input").fill("0")
    expect_place(page, 0)
    page.get_by_role("button", name="Play").click()
    return page


def expect_place(page: Page, place: int) -> None:
    expect(page.locator(".written [aria-checked=true]")).to_have_attribute("data-place", str(place))


def last_place(page: Page) -> int:
    return page.locator(".written .token").count() - 1


def test_one_can_scrub_play_and_pause(playing: Page) -> None:
    playing.clock.run_for(PACE)
    expect_place(playing, 1)
    playing.get_by_role("button", name="Pause").click()
    playing.clock.run_for(20 * PACE)
    expect(playing.get_by_role("button", name="Play")).to_be_visible()
    expect_place(playing, 1)
    assert address_of(playing)["word"] == "1"


def test_it_plays_to_the_end_if_nobody_pauses(playing: Page) -> None:
    playing.clock.run_for(20 * PACE)
    expect_place(playing, last_place(playing))
    expect(playing.get_by_role("button", name="Play")).to_be_visible()


def test_a_press_during_which_a_word_comes_still_pauses(playing: Page) -> None:
    playing.get_by_role("button", name="Pause").hover()
    playing.mouse.down()
    playing.clock.run_for(PACE)
    expect_place(playing, 1)
    playing.mouse.up()
    expect(playing.get_by_role("button", name="Play")).to_be_visible()


def test_the_slider_can_be_dragged(open_page: Open) -> None:
    page = open_page(word="0")
    box = page.locator(".controls input").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    for place in range(1, last_place(page) + 1):
        page.mouse.move(box["x"] + place * box["width"] / last_place(page), box["y"] + box["height"] / 2)
        expect_place(page, place)
    page.mouse.up()
    assert address_of(page)["word"] == str(last_place(page))


def test_another_sentence_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    page.locator("textarea").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("five")
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_contain_text("cinq")
    page.locator(".written [tabindex='0']").focus()
    page.keyboard.press("Home")
    expect(page.locator(".written [data-place='0']")).to_be_focused()
    assert address_of(page)["word"] == "0"
    assert address_of(page)["text"] == "five"


@pytest.mark.guarantee(
    "a cell on the page, the tensor that the server sends, and Python say the same",
    area="serving",
    control="test_a_changed_run_shows_other_numbers",
    reported="explain.md",
)
def test_a_cell_is_that_of_python(open_page: Open, tiny_run: Path) -> None:
    page = open_page("inspect", kind="decoder.cross", layer="0", head="1", query="1", key="2")
    trace = regard.load(tiny_run).explain(TEXT, beam_size=1)
    card = cell_card(trace["decoder.cross", 0, 1], 1, 2)
    assert page.locator(".card .sentence").inner_text() == card.sentence


def test_a_changed_run_shows_other_numbers(open_page: Open, tiny_run: Path) -> None:
    page = open_page("inspect", kind="decoder.cross", layer="0", head="1", query="1", key="2", text="four five six")
    trace = regard.load(tiny_run).explain(TEXT, beam_size=1)
    assert page.locator(".card .sentence").inner_text() != cell_card(trace["decoder.cross", 0, 1], 1, 2).sentence


def test_layer_and_head_by_mouse_and_by_keyboard(open_page: Open) -> None:
    page = open_page("inspect")
    page.get_by_role("radiogroup", name="Encoder self-attention: layer and head").get_by_role("radio").nth(2).click()
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 2")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 1")
    assert address_of(page)["head"] == "1"
    assert address_of(page)["text"] == TEXT


def show_another(page: Page, text: str) -> None:
    """A second picture in the place of the first."""
    page.locator("textarea").fill(text)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_contain_text(text)


def test_keys_are_for_the_picture_that_is_shown(open_page: Open) -> None:
    page = open_page("inspect", kind="encoder.self", layer="0", head="0")
    show_another(page, "four five")
    page.keyboard.press("h")
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 1")
    assert address_of(page)["head"] == "1"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_keys_are_for_nobody_where_there_is_no_picture(open_page: Open) -> None:
    page = open_page("inspect", kind="encoder.self", layer="0", head="0")
    page.get_by_label("Pad to").fill("1")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for key in ("h", "?"):
        page.keyboard.press(key)
    assert address_of(page)["head"] == "0"


def test_a_head_is_named_when_its_numbers_are_there(open_page: Open, tiny_run: Path) -> None:
    page = open_page("inspect", kind="encoder.self", layer="0", head="0", query="1", key="2")
    held: list[Route] = []
    page.route("**/tensors/*/1", lambda route: held.append(route))
    with page.expect_request("**/tensors/*/1"):
        page.keyboard.press("h")
        page.wait_for_function("location.hash.includes('head=1')")
    page.keyboard.press("1")
    assert (address_of(page)["head"], address_of(page)["step"]) == ("1", "scores")
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 0")
    held[0].continue_()
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 1")
    card = cell_card(regard.load(tiny_run).explain(TEXT, beam_size=1)["encoder.self", 0, 1], 1, 2)
    assert page.locator(".card .sentence").inner_text() == card.sentence


def test_a_head_that_does_not_come_is_said_and_tried_again(open_page: Open) -> None:
    page = open_page("inspect", kind="encoder.self", layer="0", head="0")
    sentence = "there is no such trace, or no longer"
    page.route("**/tensors/**", lambda route: route.fulfill(status=404, json={"error": sentence}))
    page.keyboard.press("h")
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    page.unroute("**/tensors/**")
    with page.expect_request("**/api/traces"):  # the server has forgotten the old one
        page.get_by_role("button", name="Try again").click()
    expect(page.locator(".head-name")).to_have_text("Encoder self-attention, layer 0, head 1")


def test_a_hidden_cell_names_its_reason(open_page: Open) -> None:
    page = open_page("masks", causal="yes", pads="2", query="0", key="3")
    expect(page.locator(".card .sentence")).to_contain_text("hidden: future")
    page = open_page("masks", causal="yes", pads="2", query="0", key="7")
    expect(page.locator(".card .sentence")).to_contain_text("padding")


def test_masks_change_with_the_fields(open_page: Open) -> None:
    page = open_page("masks")
    expect(page.locator(".note").first).to_contain_text("No mask")
    page.get_by_label("No looking ahead").check()
    expect(page.locator(".note").first).to_have_text("Nobody sees a later word.")
    page.get_by_label("Sentences").fill("2,4")
    page.keyboard.press("Enter")
    expect(page.locator(".note").first).to_contain_text("holds 2 sentences")
    page.get_by_label("Sentences").fill("2,9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("add up to the number of words, 6")


def test_what_if_shows_the_probabilities_of_python(open_page: Open, tiny_run: Path) -> None:
    page = open_page("whatif", heads="decoder.0.cross.1", same="yes")
    model = regard.load(tiny_run)
    plain = model.explain(TEXT, beam_size=1)
    target = plain.header.translation.text
    changed = model.explain(TEXT, beam_size=1, target=target, without_heads=["decoder.0.cross.1"])
    rows = page.locator(".compared tbody tr").all()
    assert len(rows) == len(plain.header.steps)
    for row, before, after in zip(rows, plain.header.steps, changed.header.steps, strict=True):
        cells = row.locator("td").all_inner_texts()
        assert (cells[1], cells[3]) == (f"{before.probability:.3f}", f"{after.probability:.3f}")
        difference = after.probability - before.probability
        assert abs(float(cells[4].replace("−", "-")) - difference) < 6e-4


@pytest.mark.parametrize(("other", "pictures"), [("two one three", 2), (TEXT, 3)], ids=["other words", "the same"])
def test_only_cells_of_the_same_tokens_are_subtracted(
    open_page: Open, tiny_run: Path, other: str, pictures: int
) -> None:
    encode = regard.load(tiny_run).tokenizer.encode
    assert len(encode(other)) == len(encode(TEXT))
    page = open_page("compare", text2=other, ckind="encoder.self")
    expect(page.locator(".panels.three canvas")).to_have_count(pictures)
    expect(page.locator(".panels.three > .note")).to_have_count(3 - pictures)


def test_a_compared_head_that_does_not_come_is_said(open_page: Open) -> None:
    page = open_page("compare", text2="two one three", ckind="encoder.self", chead="0")
    page.route("**/tensors/**", lambda route: route.fulfill(status=404, json={"error": "no longer there"}))
    page.locator("select[name=chead]").select_option("1")
    expect(page.get_by_role("alert")).to_contain_text("no longer there")


def test_a_reload_and_a_link_keep_everything(open_page: Open) -> None:
    page = open_page("inspect", kind="encoder.self", head="3", query="2", key="1", step="scores")
    before, name = address_of(page), page.locator(".head-name").inner_text()
    page.reload()
    page.wait_for_selector(READY["inspect"])
    assert address_of(page) == before
    assert page.locator(".head-name").inner_text() == name
    page.get_by_role("link", name="Follow").click()
    page.wait_for_selector(READY["follow"])
    page.go_back()
    page.wait_for_selector(READY["inspect"])
    assert address_of(page)["screen"] == "inspect"


def test_claims_are_measured_live(open_page: Open) -> None:
    page = open_page("why")
    card = page.locator(".claim").filter(has_text="Entropy and gradient")
    expect(card.locator(".note").last).to_contain_text("Recorded by Regard's own lab: version")
    card.get_by_role("button", name="Measure now").click()
    expect(card.locator(".note").last).to_have_text("Measured here, now.")
    expect(card.locator(".holds").first).to_have_text("✓ holds")
    expect(page.locator("#live")).to_contain_text("Holds:")


def test_claims_of_trained_networks_show_what_the_lab_recorded(open_page: Open) -> None:
    page = open_page("why")
    card = page.locator(".claim").filter(has_text="cannot tell who did it to whom")
    expect(card.locator("dd").last).to_contain_text("%")
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card.locator(".note").last).to_have_text(re.compile(r"Recorded .*: version .*, \d+ (s|min) on \d+ cores"))


def test_the_tour_by_keyboard_alone(open_page: Open) -> None:
    page = open_page("tour")
    for stop in range(2, 9):
        page.get_by_role("button", name="Next").press("Enter")
        expect(page.locator(".stop h2")).to_contain_text(f"{stop} of 8")
        expect(page.locator(".stop h2")).to_be_focused()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("link", name="See it").press("Enter")
    page.wait_for_selector(READY["whatif"])


def test_one_word_is_followed(open_page: Open, tiny_run: Path) -> None:
    page = open_page("follow", follow="1")
    trace = regard.load(tiny_run).explain(TEXT, beam_size=1)
    rows = page.locator(".followed tbody tr").count()
    assert rows == sum(each.num_heads for each in trace.attentions if each.attention != "decoder.self")


def test_when_the_server_is_gone_it_is_said(open_page: Open, start_server: Any, tiny_run: Path) -> None:
    own = start_server(tiny_run)
    page = open_page(port=own.port)
    own.stop()
    page.locator("textarea").fill("six")
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")


def test_closing_the_tab_stops_the_work(browser: Browser, start_server: Any, tiny_run: Path) -> None:
    own = start_server(tiny_run)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{own.port}/#text=seven")
    page.wait_for_selector(READY["watch"])
    page.locator("textarea").fill("eight")
    for _ in range(12):  # so that the page's own work has to wait
        own.post("/api/traces", {"text": "one two three " * 20, "pad_source_to": 120, "beam_size": 8})
    with page.expect_request("**/events"):
        page.get_by_role("button", name="Translate").click()
    context.close()
    for _ in range(600):  # the work before it may take its time on a busy machine
        if 'regard_dropped_total{why="left"}' in own.get("/metrics").body.decode():
            return
        time.sleep(0.05)
    pytest.fail("the work of the closed tab was not dropped")


def test_hostile_text_is_text(open_page: Open) -> None:
    hostile = "</script><img src=x onerror=alert(1)> \u202e \u001b[31m {{x}}"
    page = open_page("inspect", text=json.dumps(hostile)[1:20])
    page.locator("textarea").fill(hostile)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#screen img").count() == 0


@pytest.mark.parametrize("screen", SCREENS)
def test_everybody_can_use_it_by_day_and_by_night(open_page: Open, screen: str) -> None:
    page = open_page(screen)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [(scheme, each["id"], each["nodes"][0]["html"][:120]) for each in found] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_no_width_scrolls_the_page_sideways(open_page: Open, screen: str) -> None:
    page = open_page(screen)
    for width in (1280, 768, 640, 360, 320):  # 640 is 1280 at 200 %
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(  # pictures take on a new width with the next frame
            "(width) => Math.max(document.documentElement.clientWidth, document.documentElement.scrollWidth) <= width",
            arg=width,
        )


def test_the_page_weighs_less_than_100_kilobytes(server: Any) -> None:
    files = page_files()
    assert sum(len(file.compressed) for file in files.values()) < 100_000
    sent = server.get("/page/main.js", Accept_Encoding="gzip")
    assert sent.headers["content-encoding"] == "gzip"
    assert len(sent.body) == len(files["main.js"].compressed)
    assert server.get("/page/main.js", If_None_Match=files["main.js"].tag).status == 304


def test_no_address_leads_out_of_the_page(server: Any) -> None:
    for name in ("..%2f..%2fapp.py", "%2e%2e/app.py", "index.html%00.js", "/etc/passwd", "report.js"):
        assert server.get(f"/page/{name}").status == 404
