"""A length that a question asks for: taken out of what is searched for, and kept by the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.answer import Answer, Question
from assistant.citation_parsing import PartialSentence
from assistant.engine import Draft, Usage, Waiting
from assistant.library_questions import CATALOGUE
from assistant.planning.answer_length import (
    ANY_LENGTH,
    AnswerLength,
    is_length_request,
    without_length_request,
)
from assistant.planning.query_rewriting import last_standalone
from assistant.prompts import NOT_FOUND
from corpus.i18n import tr
from corpus.sentences import sentences


def length_asked(question: Question) -> tuple[Question, AnswerLength]:
    """Return the question without what it says of the answer's length, and that length.

    One that only asks for a length ("shorter", "three bullets") is the last question again, which
    then stands alone; its number of sentences is made of that of the last answer.
    """
    text, request = without_length_request(question.text)
    if request is None:
        return question, ANY_LENGTH
    if text:
        return replace(question, text=text), request.length()
    previous = last_standalone(question.history)
    if not previous:
        return question, ANY_LENGTH
    last = question.history[-1]
    length = request.length(len(sentences(last.answer)))
    if not request.number:
        # "Shorter", said of a list, asks for a shorter list.
        listed = (without_length_request(one.question) for one in reversed(question.history))
        before = next((found for rest, found in listed if rest or (found and found.number)), None)
        length = replace(length, bullets=request.bullets or bool(before and before.bullets))
    return replace(question, text=previous, history=()), length


def shortened(answer: Answer, length: AnswerLength) -> Answer:
    """Return a summary with as many sentences as are asked for; a list of documents as it is."""
    if not length.most or answer.engine == CATALOGUE:
        return answer
    claims = answer.claims[: length.most]
    kept = {number for one in claims for number in one.citations}
    return replace(
        answer,
        claims=claims,
        citations=tuple(one for one in answer.citations if one.number in kept),
        bullets=length.bullets,
    )


def length_not_obeyed(question: Question, answer: Answer) -> str:
    """Return the line for an answer that a request for another length left as it was, or ""."""
    _, request = without_length_request(question.text)
    if request is None or not answer.claims:
        return ""
    last = (
        question.history[-1].answer if question.history and is_length_request(question.text) else ""
    )
    before = len(sentences(last))
    if request.number > len(answer.claims) or (request.change > 0 and before >= len(answer.claims)):
        return tr("There is no more to say: the passages found hold no further sentence on this.")
    if request.change < 0 and before == len(answer.claims) == 1:
        return tr("The answer is one sentence already and cannot be shorter.")
    return ""


def cut_to_length(
    stream: Iterator[Draft | PartialSentence | Waiting | Usage], length: AnswerLength
) -> Iterator[Draft | PartialSentence | Waiting | Usage]:
    """Yield a stream without the sentences beyond the length asked for.

    The rest is read all the same: what is not found, and what it cost, may stand at its end.
    """
    written = 0
    for one in stream:
        states = isinstance(one, Draft) and not one.text.upper().startswith(NOT_FOUND)
        full = bool(length.most) and written >= length.most
        if not (full and (states or isinstance(one, PartialSentence))):
            yield one
        written += states
