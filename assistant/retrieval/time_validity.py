"""Which of the retrieved sentences is valid at the time asked about, and what it replaced.

Nothing here judges how well a sentence answers: it only decides between sentences that answer
nearly as well and say different things about the same subject. Where the dates decide nothing, the
ranking stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.planning.time_asked import TimeAsked, When
from assistant.retrieval.corrections import Correction, correction, figures
from assistant.retrieval.time_statements import AskedStatement, TimedStatement

# A sentence replaces another only if its chance of answering is at least this share of the other's:
# where only the tense of the question tells the time, where the question has a word for it
# ("today", "in 2023"), where the sentence states the very day of the event asked about, and where
# the other sentence retracts a number or states a retracted one. Set by hand on the examples of
# tests/test_assistant_time_validity.py.
_BY_TENSE = 0.7
_BY_WORD = 0.5
_BY_DAY = 0.25
_CORRECTED = 0.3
# Sentences below this share of the best chance, and those beyond this many, are not compared.
_LEAST_SHARE_OF_BEST = 0.3
_MOST_CONSIDERED = 40


@dataclass(frozen=True, slots=True)
class DatedSentence:
    """A sentence that may answer: its text and its chance of answering, in 0…1.

    `label` is the number of the passage and `start` the offset in it; `published` is the date of
    its document ("" if unknown), `context` its title and heading.
    """

    text: str
    chance: float
    start: int = 0
    label: int = 0
    published: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A sentence (`aside`) replaced by another (`leading`); both are positions in the given list.

    `words` introduce it where it is shown beside the other ("As of 2024-03-02"); `date` is the date
    in them.
    """

    leading: int
    aside: int
    words: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order in which to use sentences, as positions in the given list.

    What `order` leaves out is not valid at the time asked about, or repeats a retracted number; of
    that, `replaced` names what is worth showing beside the answer, the latest first.
    """

    order: tuple[int, ...]
    replaced: tuple[Replacement, ...] = ()


def ordered_by_validity(
    candidates: Sequence[DatedSentence], asked: TimeAsked, about: AskedStatement, *, now: str
) -> Ordered:
    """Return the order in which to use sentences for a question, best first as they are given.

    `asked` is the time that the question asks about and `about` its subject (see time_asked and
    time_statements); `now` (ISO 8601) is the day as of which it is answered.
    """
    return _ValidityOrder(candidates, asked, about, now).ordered()


class _ValidityOrder:
    """The sentences of one question, and which of them replaces which."""

    def __init__(
        self,
        candidates: Sequence[DatedSentence],
        asked: TimeAsked,
        about: AskedStatement,
        now: str,
    ) -> None:
        self._candidates = candidates
        self._asked = asked
        self._about = about
        best = max((one.chance for one in candidates), default=0.0)
        self._considered = [
            place
            for place, one in enumerate(candidates[:_MOST_CONSIDERED])
            if one.chance >= _LEAST_SHARE_OF_BEST * best and one.chance > 0
        ]
        self._statements = {
            place: TimedStatement(one.text, one.published, one.context, now)
            for place in self._considered
            for one in (candidates[place],)
        }
        self._replaced_by: dict[int, tuple[int, str, str]] = {}
        self._dropped: set[int] = set()
        self._at_named_time: set[int] = set()
        self._moved_back: set[int] = set()

    def ordered(self) -> Ordered:
        """Return the order once every replacement has been made."""
        if self._asked.when is not When.PAST:
            self._set_corrected_aside()
        if self._asked.when is When.NAMED:
            self._put_the_named_time_first()
        if self._asked.when is not When.OPEN:
            self._replace()
        order = dict.fromkeys(
            self._leading(place)
            for place in sorted(
                range(len(self._candidates)),
                key=lambda one: (
                    self._asked.is_day and one not in self._at_named_time,
                    one in self._moved_back,
                ),
            )
            if place not in self._dropped
        )
        replaced = [
            Replacement(self._leading(leading), aside, words, day)
            for aside, (leading, words, day) in self._replaced_by.items()
            if words
        ]
        replaced.sort(key=lambda one: one.date, reverse=True)
        return Ordered(tuple(order), tuple(replaced))

    def _leading(self, place: int) -> int:
        while place in self._replaced_by:
            place = self._replaced_by[place][0]
        return place

    def _answers_nearly_as_well(self, place: int, other: int, share: float) -> bool:
        """Say whether a sentence answers nearly as well as another."""
        return self._candidates[place].chance >= share * self._candidates[other].chance

    def _set_aside(self, place: int, leading: int, words: str, day: str = "") -> None:
        """Replace a sentence by another, unless that one is already replaced by it."""
        if self._leading(leading) != place:
            self._replaced_by[place] = (leading, words, day)

    # Retracted numbers.

    def _set_corrected_aside(self) -> None:
        """Replace what repeats a number that another sentence retracts, and that sentence too.

        The retraction itself leads only if it states the right number, or nothing else answers.
        """
        found = {place: correction(self._candidates[place].text) for place in self._considered}
        for place, one in found.items():
            if one is None:
                continue
            right = place if one.right else self._correct_statement(place, found)
            for other in self._considered:
                if found[other] is None and self._repeats(other, place, one):
                    self._set_aside(other, place if right is None else right, "Since corrected")
            if right is not None and right != place:
                self._set_aside(place, right, "Corrected")

    def _correct_statement(self, place: int, found: dict[int, Correction | None]) -> int | None:
        """Return the best sentence on the subject of a retraction that is none itself."""
        taken_back = found[place]
        return next(
            (
                other
                for other in self._considered
                if taken_back
                and found[other] is None
                and self._answers_nearly_as_well(other, place, _CORRECTED)
                and self._statements[other].figures
                and not taken_back.wrong & _figure_values(self._candidates[other].text)
                and self._share_topic(other, place)
            ),
            None,
        )

    def _repeats(self, place: int, correcting: int, taken: Correction) -> bool:
        values = _figure_values(self._candidates[place].text)
        return bool(values & taken.wrong and not values & taken.right) and self._share_topic(
            place, correcting
        )

    def _share_topic(self, place: int, other: int) -> bool:
        """Say whether two sentences share two content words, one of which the question has too."""
        shared = self._statements[place].content & self._statements[other].content
        return len(shared) >= 2 and (not self._about.stems or bool(shared & self._about.stems))

    # A day, a month or a year that the question names.

    def _put_the_named_time_first(self) -> None:
        """Put sentences about another time behind those that state the time asked about.

        Where a day is asked about, sentences that state it come first and those about other days
        are left out.
        """
        if self._asked.before:
            return
        considered = [place for place in self._considered if place not in self._replaced_by]
        best = max(considered, key=lambda one: self._candidates[one].chance, default=None)
        if best is None:
            return
        share = _BY_DAY if self._asked.event and self._asked.is_day else _BY_WORD
        stating = [
            place
            for place in considered
            if self._states_named_time(place) and self._answers_nearly_as_well(place, best, share)
        ]
        missing = [place for place in considered if self._excludes_named_time(place)]
        if stating:
            self._at_named_time = {*stating, *self._on_the_same_day(stating)}
            (self._dropped if self._asked.is_day else self._moved_back).update(
                {*missing} - self._at_named_time
            )

    def _states_named_time(self, place: int) -> bool:
        begin, last = self._asked.begin, self._asked.end
        return any(begin <= one.begin and one.end <= last for one in self._statements[place].dates)

    def _excludes_named_time(self, place: int) -> bool:
        """Say whether every date of a sentence excludes the time asked about.

        A state that began or was announced earlier may still last, so that excludes nothing.
        """
        begin, last = self._asked.begin, self._asked.end
        dates = self._statements[place].dates
        if not dates or any(one.word == "range" for one in dates):
            return False
        earlier = all(one.end < begin for one in dates)
        if earlier and not (self._asked.event or self._statements[place].ends):
            return False
        open_since = any(one.word == "since" and one.begin <= last for one in dates)
        open_until = any(one.word == "until" and one.end >= begin for one in dates)
        overlaps = any(one.begin <= last and one.end >= begin for one in dates)
        return not (open_since or open_until or overlaps)

    def _on_the_same_day(self, stating: Sequence[int]) -> Iterator[int]:
        """Yield sentences that continue one of `stating`: "on the same day"."""
        for place in self._considered:
            one = self._candidates[place]
            leans = any(words in one.text for words in _SAME_DAY)
            if leans and any(
                self._candidates[other].label == one.label
                and self._candidates[other].start < one.start
                for other in stating
            ):
                yield place

    # What is valid at the time asked about.

    def _replace(self) -> None:
        """Replace each sentence by the one that is valid at the time asked about, if any."""
        places = [
            one
            for one in self._considered
            if one not in self._replaced_by and one not in self._dropped
        ]
        chosen = {place: self._replacement_for(place, places) for place in places}
        for place, instead in chosen.items():
            if instead is not None:
                self._set_aside(place, instead, *self._lead_in(place, instead))

    def _replacement_for(self, place: int, places: Sequence[int]) -> int | None:
        """Return the sentence that replaces another; None where it may stay."""
        if place in self._at_named_time:
            return None
        share = _BY_WORD if self._asked.explicit else _BY_TENSE
        rivals = [
            one
            for one in places
            if one != place
            and self._answers_nearly_as_well(one, place, share)
            and self._tells_otherwise(one, place)
        ]
        if self._asked.when is When.PAST:
            return self._earlier_statement(place, rivals)
        statement, stays = self._statements[place], self._holds(place)
        if statement.planned and not stays:
            # A plan may be mentioned after the present state, never before it.
            rivals = [one for one in rivals if one > place]
        return self._latest(
            [
                one
                for one in rivals
                if self._holds(one) and (not stays or self._statements[one].is_later(statement))
            ]
        )

    def _holds(self, place: int) -> bool:
        return self._statements[place].holds_at(self._asked.begin, self._asked.end)

    def _tells_otherwise(self, one: int, other: int) -> bool:
        """Say whether two sentences say different things about one thing, whichever is newer."""
        newer, older = self._statements[one], self._statements[other]
        if older.is_later(newer):
            newer, older = older, newer
        return newer.differs(older, by_name=self._about.by_name) and newer.is_about(
            older, self._about, explicit=self._asked.when is When.PRESENT and self._asked.explicit
        )

    def _latest(self, places: Sequence[int]) -> int | None:
        """Return the latest of some sentences; of several of one date the one that answers best."""
        if not places:
            return None
        latest = max(self._statements[one].latest_time.begin for one in places)
        return next(one for one in places if self._statements[one].latest_time.begin == latest)

    def _earlier_statement(self, place: int, rivals: Sequence[int]) -> int | None:
        """Return the first statement, or the one before the latest, to replace a sentence by."""
        statement = self._statements[place]
        if statement.former:
            return None
        if self._asked.first:
            before = [one for one in rivals if statement.is_later(self._statements[one])]
            return min(
                before, key=lambda one: self._statements[one].latest_time.begin, default=None
            )
        together = [place, *rivals]
        former = [
            one
            for one in together
            if any(self._statements[other].is_later(self._statements[one]) for other in together)
        ]
        last = self._latest(former)
        return None if last is None or last == place or self._same_time(last, place) else last

    def _same_time(self, one: int, other: int) -> bool:
        return self._statements[one].latest_time == self._statements[other].latest_time

    def _lead_in(self, place: int, instead: int) -> tuple[str, str]:
        """Return the words that introduce a replaced sentence and their date; "" to omit it."""
        one, other = self._statements[place], self._statements[instead]
        day = one.latest_time.stated
        if self._asked.when is When.PAST and one.is_later(other):
            return f"Later, as of {day}", day
        if one.ends and one.ends < self._asked.end:
            until = next(it.stated for it in one.dates if it.end == one.ends)
            return f"Until {until}", until
        if one.former:
            return "Formerly", ""
        if one.planned and self._asked.when is When.PRESENT and not self._holds(place):
            return (f"Announced, as of {day}", day) if day else ("Announced", "")
        return (f"As of {day}", day) if other.is_later(one) else ("", "")


_SAME_DAY = ("same day", "that day", "同日", "同一天", "当天", "当日")


def _figure_values(text: str) -> frozenset[str]:
    return frozenset(value for value, _ in figures(text))
