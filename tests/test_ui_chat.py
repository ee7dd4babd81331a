"""The chat page as a reader uses it, in a real headless browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer
from assistant.answer_storage import from_json
from corpus.library import Library
from tests.browser import browser_test
from tests.servers import until
from tests.test_ui_page import (
    DOCUMENT,
    EXAMPLES,
    HARBOUR,
    QUOTE,
    TEXT,
    Harbour,
    address,
    chromium,
    page,
    ready,
)
from tests.test_ui_page import pytestmark as pytestmark
from ui.answer_view import about_html, clipboard_text
from ui.chat_actions import AskOptions, begin_answer, thread_html, turn_progress
from ui.jobs import Jobs
from ui.page_chat_events import ChatEvents, Watcher
from ui.page_conversations import ConversationList

__all__ = ["address", "chromium", "page"]

# Only a turn that is over can be rated.
DONE = '#chat [data-act="good"]'


def ask(page: Any, text: str, answers: int = 1) -> None:
    """Ask, and wait until so many answers are complete."""
    page.fill("#question textarea", text)
    page.keyboard.press("Enter")
    wait_for(page, answers)


def wait_for(page: Any, answers: int) -> None:
    page.wait_for_function("([done, count]) => document.querySelectorAll(done).length === count",
                           arg=[DONE, answers])  # fmt: skip


@browser_test
def test_an_example_is_answered_and_its_source_opens(page: Any) -> None:
    """Choosing its mark shows title, publisher, date and the passage with the words marked."""
    page.get_by_role("button", name=EXAMPLES[0]).click()
    wait_for(page, 1)
    assert "4,800 ships" in page.inner_text("#chat")
    page.locator("#chat a.mark").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#source mark")
    assert page.inner_text("#source mark") == QUOTE
    panel = page.inner_text("#source")
    assert "Port Gazette" in panel and "2024-03-01" in panel and "<b>The</b> harbour" in panel
    assert not page.get_by_role("button", name=EXAMPLES[0]).is_visible()


@browser_test
def test_the_first_source_opens_by_itself_and_any_place_by_its_address(page: Any) -> None:
    """The focus stays in the box; a link in a picture opens a place; Escape leads back to it."""
    ask(page, "How many ships?")
    page.wait_for_selector("#source mark")
    source = page.get_by_role("region", name="Source 1: <b>The</b> harbour")
    assert source.get_by_role("heading", level=2).count() == 1
    assert page.evaluate("document.activeElement.matches('#question textarea')")
    # What is worked out after an answer (questions that lead on) draws it anew once more.
    page.evaluate(
        """() => new Promise(done => {
          let timer;
          const wait = () => { clearTimeout(timer); timer = setTimeout(end, 1500); };
          const seen = new MutationObserver(wait);
          const end = () => { seen.disconnect(); done(); };
          seen.observe(document.querySelector('#latest'), {subtree: true, childList: true});
          wait();
        })"""
    )
    page.evaluate(
        """address => {
          const made = name => document.createElementNS('http://www.w3.org/2000/svg', name);
          const chart = made('svg'), link = made('a'), bar = made('rect');
          link.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', address);
          link.id = 'drawn-place'; link.setAttribute('tabindex', '0');
          bar.setAttribute('width', '90'); bar.setAttribute('height', '30');
          document.querySelector('#latest .said').prepend(chart);
          chart.append(link); link.append(bar);
        }""",
        f"#at-{DOCUMENT.id}-0-27",
    )
    page.locator("#drawn-place rect").click()
    page.get_by_role("region", name="Document: <b>The</b> harbour").wait_for()
    assert page.inner_text("#source mark") == TEXT[:27]
    page.wait_for_function("document.activeElement.matches('#source h2')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "drawn-place"


@browser_test
def test_a_mark_explains_itself_to_the_keyboard(page: Any) -> None:
    """Sign and word at a glance; on focus what is missing and what a mark means; Escape closes."""
    ask(page, "How many ships?")
    mark = page.locator("#chat .verdict.weak")
    assert mark.inner_text().startswith("≈ partly in source")
    shut = "element => getComputedStyle(element).clipPath !== 'none'"
    tip = mark.locator(".tip")
    assert tip.evaluate(shut)
    mark.focus()
    assert not tip.evaluate(shut)
    assert "shone" in tip.inner_text() and "not that it is true" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.evaluate(shut)


@browser_test
def test_declined_and_failed_look_like_themselves(page: Any) -> None:
    """Neither is an answer, and neither looks like the other."""
    ask(page, "What is declined?")
    said = page.inner_text("#chat .outcome.declined")
    assert NOT_SAID_OUTRIGHT in said and QUOTE in said and "Port Gazette, 2024-03-01" in said
    assert page.locator("#chat .verdict").count() == 0
    page.locator("#chat .nearest a.cite").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#source mark")
    assert page.inner_text("#source mark") == QUOTE
    page.keyboard.press("Escape")
    ask(page, "There is nothing", 2)
    said = page.locator("#chat .outcome.declined").last.inner_text()
    assert NOTHING_ON_THIS in said and "Searched for: “nothing”" in said
    ask(page, "Please fail", 3)
    said = page.inner_text("#chat .outcome.failed")
    assert "The answer failed" in said and "<script>" in said


@browser_test
def test_two_sessions_are_kept_apart(page: Any, chromium: Any, address: str) -> None:
    """What one asks, the other neither sees nor can open."""
    other = chromium.new_context().new_page()
    other.goto(address)
    ready(other)
    page.fill("#question textarea", "slow first session")
    page.keyboard.press("Enter")
    other.fill("#question textarea", "slow second session")
    other.keyboard.press("Enter")
    wait_for(page, 1)
    wait_for(other, 1)
    mine, theirs = page.inner_text("#chat"), other.inner_text("#chat")
    assert "first session" in mine and "second session" not in mine
    assert "second session" in theirs and "first session" not in theirs
    other.close()


@browser_test
def test_a_models_answer_shows_its_doubts_and_how_it_came_about(page: Any) -> None:
    """The rewritten question, the offered marker, what is missing; tokens and price in a fold."""
    ask(page, "what does the model say?")
    said = page.inner_text("#chat")
    for part in ("Searched as: How many ships came to Lund?", "1+", "who owns <it>?", "owner"):
        assert part in said, part
    page.locator("#chat details.about summary").first.click()
    told = page.inner_text("#chat details.about")
    for part in ("1,200 read, 34 written", "$0.0123", "tiny (Ollama)"):
        assert part in told, part
    page.get_by_role("button", name="1 document").click()
    page.get_by_label("Hide sentences that no source supports").check()
    page.locator("#chat .claim.unsupported").wait_for(state="hidden")


@browser_test
def test_stop_ends_an_answer_and_retry_asks_again(page: Any) -> None:
    """Within two seconds the engine is let go, and the page says that it was stopped."""
    page.fill("#question textarea", "something endless")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .growing")
    page.get_by_role("button", name="Stop", exact=True).click()
    assert HARBOUR[0].stopped.wait(2)
    page.get_by_text("Stopped. Ask again").wait_for()
    HARBOUR[0].stopped.clear()
    page.locator('#chat [data-act="again"]').click()
    page.wait_for_selector("#chat .growing")
    page.get_by_role("button", name="Stop", exact=True).click()
    assert HARBOUR[0].stopped.wait(2)
    page.get_by_text("Stopped. Ask again").wait_for()
    assert page.locator("#chat .asked").count() == 1


@browser_test
def test_an_edited_question_takes_the_place_of_the_last(page: Any) -> None:
    """The thread has as many turns as before, also after it is opened anew."""
    ask(page, "How many ships in the first place?")
    ask(page, "How many boats?", 2)
    page.locator('#chat [data-act="edit"]').click()
    page.get_by_text("takes the place of the last one").wait_for()
    assert page.input_value("#question textarea") == "How many boats?"
    page.fill("#question textarea", "How many barges?")
    page.keyboard.press("Enter")
    page.locator("#chat .asked", has_text="barges").wait_for()
    wait_for(page, 2)
    page.reload()
    ready(page)
    wait_for(page, 2)
    asked = page.locator("#chat .asked").all_inner_texts()
    assert asked == ["How many ships in the first place?", "How many barges?"]


@browser_test
def test_an_answer_is_copied_with_and_without_citations(page: Any, address: str) -> None:
    """Without: the sentences. With: their markers and what they point to."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ask(page, "How many ships?")
    for act, cited in (("copy", False), ("cited", True)):
        page.locator(f'#chat [data-act="{act}"]').first.click()
        page.wait_for_function(
            """([quote, cited]) => navigator.clipboard.readText().then(
                 text => text.includes(quote) && text.includes("[1] ") === cited)""",
            arg=[QUOTE, cited],
        )


@browser_test
def test_what_a_reader_thinks_is_kept_with_the_reason(page: Any) -> None:
    """In the library, and shown under the answer after the page is loaded anew."""
    ask(page, "How many ships were judged?")
    page.locator('#chat [data-act="bad"]').click()
    page.get_by_label("Something is missing").check()
    page.get_by_label("In your words").fill("the <year>")
    page.get_by_role("button", name="Keep the reason").click()
    pressed = '#chat [data-act="bad"][aria-pressed="true"]'
    page.wait_for_selector(pressed)
    kept = HARBOUR[0].conversations()
    assert kept is not None

    def judged() -> list[tuple[bool, str]]:
        found = [one for one in kept.ratings() if one.question == "How many ships were judged?"]
        return [(one.good, one.reason) for one in found]

    assert until(lambda: judged() == [(False, "missing: the <year>")]), judged()
    page.reload()
    page.wait_for_selector(pressed)


@browser_test
def test_what_bounds_a_search_stands_as_chips_that_can_be_removed(page: Any) -> None:
    """And in the bar; a date that is none is said in one line."""
    page.locator("#bar-scope button").click()
    page.get_by_label("As of").fill("2025-13")
    page.get_by_role("button", name="Remove: As of 2025-13").wait_for()
    page.locator("#bar-scope .bounded", has_text="Part of").wait_for()
    page.keyboard.press("Escape")
    page.locator("#scope-panel").wait_for(state="hidden")
    page.fill("#question textarea", "How many ships?")
    page.keyboard.press("Enter")
    page.get_by_text("“2025-13” is no date").wait_for()
    assert page.input_value("#question textarea") == "How many ships?"
    page.get_by_role("button", name="Remove: As of 2025-13").click()
    page.locator("#chips .chip", has_text="2025-13").wait_for(state="detached")
    page.focus("#question textarea")
    page.keyboard.press("Enter")
    wait_for(page, 1)


@browser_test
def test_a_follow_up_says_what_it_is_about_and_can_be_asked_by_itself(page: Any) -> None:
    """The chip goes with the conversation; taken off, the next question knows nothing of it."""
    ask(page, "How many ships came to Lund?")
    page.get_by_role("button", name="ask it by itself").click()
    page.get_by_role("button", name="asked by itself").wait_for()
    ask(page, "How many boats?", 2)
    page.get_by_role("button", name="ask it by itself").wait_for()
    assert HARBOUR[0].asked[-2:] == [("How many ships came to Lund?", 0), ("How many boats?", 0)]
    ask(page, "How many barges?", 3)
    assert HARBOUR[0].asked[-1] == ("How many barges?", 2)


@browser_test
def test_what_is_typed_before_the_page_is_whole_is_asked(chromium: Any, address: str) -> None:
    """The server draws the first screen; Enter there asks as soon as the page can."""
    opened = chromium.new_context().new_page()
    opened.route("**/gradio_api/startup-events*", lambda route: (time.sleep(1), route.continue_()))
    opened.goto(address, wait_until="commit")
    opened.locator("#first textarea").fill("How many ships at first?")
    opened.locator("#first textarea").press("Enter")
    opened.locator("#chat .asked", has_text="at first").wait_for()
    wait_for(opened, 1)
    opened.context.close()


@browser_test
def test_keys_reach_everything_and_stay_out_of_what_is_typed(page: Any) -> None:
    """A slash goes to the question, "?" lists the keys, e edits; in a field they are letters."""
    ask(page, "How many ships?")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="hidden")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#source mark")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("e")
    page.get_by_text("takes the place of the last one").wait_for()
    page.focus("#question textarea")
    page.keyboard.press("End")
    page.keyboard.type("/?e")
    assert page.input_value("#question textarea") == "How many ships?/?e"
    page.keyboard.press("Control+Shift+O")
    page.locator("#greeting").get_by_role("button", name=EXAMPLES[0]).wait_for()
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.closest('#find') !== null")


@browser_test
def test_a_page_loaded_anew_goes_on_watching_and_a_second_begins(page: Any, address: str) -> None:
    """The answer belongs to the program; a new window is a new conversation, and has the list."""
    page.fill("#question textarea", "slow and watched twice")
    page.keyboard.press("Enter")
    page.locator("#chat .asked", has_text="watched twice").wait_for()
    page.wait_for_timeout(400)
    page.reload()
    page.locator("#chat .asked", has_text="watched twice").wait_for()
    second = page.context.new_page()
    second.goto(address)
    ready(second)
    assert second.locator("#chat .asked").count() == 0
    second.locator("#kept a.talk", has_text="watched twice").first.click()
    for one in (second, page):
        # A window behind another is not drawn until it is looked at.
        one.bring_to_front()
        wait_for(one, 1)
        assert one.locator("#chat .asked").all_inner_texts() == ["slow and watched twice"]
    second.close()


@browser_test
def test_answers_go_on_while_other_conversations_are_opened(page: Any) -> None:
    """Each conversation shows its own answer to the end, whichever was watched when; a thumb on an
    earlier answer stays while the next one grows."""
    for name in ("crane", "dock"):
        if page.locator("#chat .asked").count():
            page.get_by_role("button", name="New conversation").click()
            page.wait_for_function("document.querySelectorAll('#chat .asked').length === 0")
        ask(page, f"How many ships for the {name}?")
        page.fill("#question textarea", f"slow and about the {name}")
        page.keyboard.press("Enter")
        page.locator("#chat .asked", has_text=f"slow and about the {name}").wait_for()
    page.locator(DONE).first.click()
    chosen = page.locator(f'{DONE}[aria-pressed="true"]')
    chosen.wait_for()
    page.locator("#kept a.talk", has_text="for the crane").first.click()
    page.locator("#chat .asked", has_text="slow and about the crane").wait_for()
    wait_for(page, 2)
    assert "dock" not in page.inner_text("#chat")
    page.locator("#kept a.talk", has_text="for the dock").first.click()
    page.locator("#chat .asked", has_text="slow and about the dock").wait_for()
    wait_for(page, 2)
    assert "crane" not in page.inner_text("#chat")
    assert chosen.count() == 1
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")


def test_a_watch_draws_nothing_more_once_another_was_begun() -> None:
    """It would draw its conversation over the one that was opened since; Gradio sends the last step
    of an event again at its end, so that one changes nothing."""
    place: Any = Harbour()
    parts: Any = SimpleNamespace(turns="turns", latest="latest")
    events, watcher = ChatEvents(place, parts), Watcher()
    conversation, begun = begin_answer(place, "", "something endless", (), AskOptions())
    request: Any = SimpleNamespace(headers={})

    async def steps() -> tuple[list[Any], list[Any]]:
        first = events.watch([begun], conversation, watcher.renew(), watcher, request)
        drawn = [await anext(first)]
        second = events.watch([begun], conversation, watcher.renew(), watcher, request)
        drawn.append(await anext(second))
        left = [step async for step in first]
        await second.aclose()  # type: ignore[attr-defined]
        return drawn, left

    # The browser of other tests has an event loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        drawn, left = pool.submit(asyncio.run, steps()).result()
    for job in place.questions.unfinished():
        job.cancel()
        assert job.wait(10)
    assert all("something endless" in str(one["latest"]) for one in drawn)
    assert left == [{"turns": gr.skip()}]


@browser_test
def test_after_a_restart_in_mid_answer_the_question_is_there(page: Any) -> None:
    """It says that it was interrupted, and Retry asks it again."""
    place = HARBOUR[0]
    page.fill("#question textarea", "endless at the restart")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .growing")
    # A program that starts anew has the library, and no jobs.
    before, place.questions = place.questions, Jobs("questions", at_once=2, waiting=4)
    page.reload()
    page.get_by_text("was interrupted before it was answered").wait_for()
    assert page.inner_text("#chat .asked") == "endless at the restart"
    page.locator('#chat [data-act="again"]').click()
    page.wait_for_selector("#chat .growing")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped. Ask again").wait_for()
    assert page.locator("#chat .asked").count() == 1
    for job in before.unfinished():
        job.cancel()


@browser_test
def test_a_conversation_is_found_renamed_exported_and_deleted(page: Any) -> None:
    """By the menu of its row, open or not; and a deletion is asked about first."""
    ask(page, "How many ships of the kept kind?")
    page.get_by_role("button", name="New conversation").click()
    page.locator("#greeting").get_by_role("button", name=EXAMPLES[1]).wait_for()
    assert page.query_selector(DONE) is None and page.query_selector("#source mark") is None
    page.fill("#find input, #find textarea", "kept kind")
    page.locator("#kept a.talk mark", has_text="kept").first.wait_for()
    page.locator("#kept a.talk", has_text="kept kind").first.press("Enter")
    wait_for(page, 1)

    def menu(act: str) -> None:
        page.locator("#kept li").first.hover()
        page.locator("#kept .menu summary").first.click()
        page.locator(f'#kept .menu [data-act="{act}"]').first.click()

    menu("rename")
    page.get_by_label("New title").fill("Ships <b>of</b> 2023")
    page.keyboard.press("Enter")
    page.locator("#kept a.talk", has_text="Ships <b>of</b> 2023").wait_for()
    with page.expect_download() as saved:
        menu("export")
    text = saved.value.path().read_text(encoding="utf-8")
    assert text.startswith(r"# Ships \<b\>of\</b\> 2023") and f"> {QUOTE}" in text
    menu("delete")
    page.get_by_role("button", name="Keep it").click()
    menu("delete")
    page.get_by_role("button", name="Delete it").click()
    page.locator("#greeting").get_by_role("button", name=EXAMPLES[0]).wait_for()
    page.locator("#kept a.talk", has_text="Ships <b>of</b> 2023").wait_for(state="detached")


@browser_test
def test_many_conversations_scroll_by_themselves(page: Any) -> None:
    """Below the days they are of; the page around them stands."""
    kept = HARBOUR[0].conversations()
    assert kept is not None
    for number in range(60):
        kept.append("", f"Number {number} of sixty", "", "")
    page.reload()
    page.locator("#kept a.talk", has_text="Number 59 of sixty").wait_for()
    assert page.locator("#kept a.talk").count() >= 60
    assert page.locator("#kept h3").first.inner_text() == "Today"
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    for one in kept.all("of sixty"):
        kept.delete(one.id)


@browser_test
def test_a_phone_sees_everything_in_one_column(page: Any) -> None:
    """Nothing is wider than the screen, and conversations come as a sheet."""
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, "How many ships?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.locator("#talks").is_visible()
    page.get_by_role("button", name="Conversations", exact=True).click()
    page.locator("#kept a.talk").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("#talks").wait_for(state="hidden")


@browser_test
def test_at_twice_the_size_nothing_is_cut_off(chromium: Any, address: str) -> None:
    """A screen of 1280 by 900 at 200 % has 640 by 450: every page fits its width, and what is asked
    and answered can be reached."""
    opened = chromium.new_context(
        viewport={"width": 640, "height": 450}, device_scale_factor=2
    ).new_page()
    opened.goto(address)
    ready(opened)
    ask(opened, "How many ships?")
    opened.locator("#chat a.cite").first.click()
    opened.wait_for_selector("#source mark")
    wide = "document.documentElement.scrollWidth"
    for tab in ("Ask", "Library", "Memo"):
        opened.get_by_role("tab", name=tab).click()
        opened.wait_for_timeout(200)
        assert opened.evaluate(wide) <= 640, tab
    opened.get_by_role("tab", name="Ask").click()
    box = opened.locator("#question textarea")
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place["x"] >= 0 and place["x"] + place["width"] <= 640
    opened.context.close()


@browser_test
def test_a_chinese_browser_reads_chinese(chromium: Any, address: str) -> None:
    """Labels, marks and folds; and a question in Chinese is asked as it is."""
    context = chromium.new_context(locale="zh-CN")
    opened = context.new_page()
    opened.goto(address)
    ready(opened)
    ask(opened, "有多少艘船？")
    said = opened.inner_text("body")
    for part in ("新对话", "原文部分有", "关于此回答", "在本机"):
        assert part in said, part
    assert opened.inner_text("#chat .asked") == "有多少艘船？"
    context.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Harbour]:
    library = Library(tmp_path / "home")
    yield Harbour(library.conversations)
    library.close()


def test_an_answer_broken_off_by_a_restart_can_be_asked_again(place: Harbour) -> None:
    """The question was kept when it was asked; without a job it says that it was interrupted."""
    kept = place.conversations()
    assert kept is not None
    number = kept.begin("c1", "How many ships?")
    turns = ConversationList(kept).turns("c1")
    assert [(one.question, one.number, one.answer) for one in turns] == [
        ("How many ships?", number, None)
    ]
    shown = thread_html(turns)[1]
    assert "interrupted" in shown and 'data-act="again" data-turn="0"' in shown
    _, begun = begin_answer(place, "c1", "How many ships?", [], AskOptions(), instead_of=number)
    job = place.questions.find("c1")
    assert job is not None
    list(job.watch())
    (turn,) = ConversationList(kept).turns("c1")
    assert turn.number == begun.number and turn.answer and turn.answer.outcome == "answered"


def test_an_answer_that_was_given_up_does_not_take_the_place_of_the_next(place: Harbour) -> None:
    """The stopped one is still at its last step when the same question is asked again."""
    kept = place.conversations()
    assert kept is not None
    name, begun = begin_answer(place, "", "something endless", [], AskOptions())
    first = place.questions.find(name)
    assert first is not None
    next(first.watch())
    first.cancel()
    begin_answer(place, name, "How many ships?", [], AskOptions(), instead_of=begun.number)
    second = place.questions.find(name)
    assert second is not None and second.wait(60) and first.wait(60)
    (turn,) = ConversationList(kept).turns(name)
    assert turn.answer and turn.answer.outcome == "answered"


def test_a_full_line_refuses_and_keeps_nothing(place: Harbour) -> None:
    """The reader's question stays in the box: the library has no turn of it."""
    from corpus.errors import UsageError

    place.questions = Jobs("questions", at_once=1, waiting=0)
    running, _ = begin_answer(place, "", "something endless", [], AskOptions())
    with pytest.raises(UsageError):
        begin_answer(place, "other", "one too many", [], AskOptions())
    kept = place.conversations()
    assert kept is not None and [one.title for one in kept.all()] == ["something endless"]
    job = place.questions.find(running)
    assert job is not None
    # One that is stopped before it began has nothing to let go of.
    next(job.watch())
    job.cancel()
    assert place.stopped.wait(60)
    deadline = time.monotonic() + 60
    while not job.ended and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert from_json(kept.turns(running)[0].answer).outcome == ""


def test_who_waits_is_told_the_place_and_about_how_long(place: Harbour) -> None:
    """In the language of the page; a closed window gives the place up, and those behind move up."""
    now = [0.0]
    go = threading.Event()
    place.questions = Jobs("questions", at_once=1, waiting=9, clock=lambda: now[0])
    done = place.questions.start("before", lambda: iter([now.__setitem__(0, 30.0)]))
    assert done.wait(60)
    held = place.questions.start("held", lambda: iter([go.wait(60)]), reader="held")
    while place.questions.place_of(held):
        threading.Event().wait(0.01)
    asked = [
        begin_answer(place, "", f"question {one}", [], AskOptions(), window=f"window {one}")
        for one in range(3)
    ]
    jobs = [place.questions.find(name) for name, _ in asked]

    def told(at: int, language: str) -> str:
        job = jobs[at]
        assert job is not None
        return turn_progress(place, job, asked[at][1], language).waiting

    assert told(0, "en").startswith("1st in the queue, about")
    assert told(2, "en").startswith("3rd in the queue, about 2 min: others are asking much")
    assert told(2, "zh").startswith("排队第 3 位，约 2 分钟：")
    place.window_closed("window 0")
    now[0] += 20
    assert told(2, "en").startswith("2nd in the queue")
    assert jobs[0] is not None and jobs[0].cancelled and jobs[0].wait(60)
    go.set()
    assert all(one is not None and one.wait(60) for one in jobs)


def test_about_and_copies_escape_what_others_wrote() -> None:
    """A title is text in the fold; the clipboard gets plain text."""
    from tests.test_ui_page import CITATION, EVIDENCE

    unused = Answer("x", "answered", evidence=(EVIDENCE,), engine="m")
    for language in ("en", "zh"):
        html = about_html(unused, language)
        assert "&lt;b&gt;The&lt;/b&gt; harbour" in html and "<b>The</b>" not in html
    answer = Answer("x", "answered", citations=(CITATION,), evidence=(EVIDENCE,), engine="m")
    assert "<b>The</b> harbour" in clipboard_text(answer, cited=True)
