"""Which of the sentences found holds at the time that is asked for, and what it replaced.

Nothing here judges how well a sentence answers: it only decides between sentences that answer
nearly as well, speak of one thing and say different things of it. Where the dates decide nothing
the order stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.corrections import Correction, correction, figures
from assistant.time_asked import TimeAsked, When
from assistant.time_statements import AskedStatement, TimedStatement

# A sentence takes the place of another only where its chance of answering is this share of the
# other's: by the tense of the question alone, by a word for the time ("today", "in 2023"), where
# the sentence states the very day of an event that is asked for, and where the other takes a number
# back or states one that was. Set by hand on the examples of tests/test_assistant_time_validity.py.
_BY_TENSE = 0.7
_BY_WORD = 0.5
_BY_DAY = 0.25
_CORRECTED = 0.3
# Sentences with less than this share of the best chance, and those after so many, stay as they are.
_LEAST_SHARE_OF_BEST = 0.3
_MOST_CONSIDERED = 40


@dataclass(frozen=True, slots=True)
class DatedSentence:
    """A sentence that may answer: its text and its chance of answering, in 0…1.

    `label` is the number of the passage and `start` the place in it; `published` is the date of its
    document ("" unknown), `context` title and heading.
    """

    text: str
    chance: float
    start: int = 0
    label: int = 0
    published: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A sentence set aside (`aside`) for another (`leading`), both places in what was given.

    `words` lead it in where it is shown beside ("As of 2024-03-02"), `date` is the date in them.
    """

    leading: int
    aside: int
    words: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order in which to use sentences, as places in what was given.

    What is left out of `order` does not hold at the time asked for, or repeats a number that was
    taken back; of that, `replaced` names what is worth showing beside the answer, the latest first.
    `elsewhere` are the places, all of them in the order, of sentences that speak of another time
    than the one that is asked for.
    """

    order: tuple[int, ...]
    replaced: tuple[Replacement, ...] = ()
    elsewhere: tuple[int, ...] = ()


def ordered_by_validity(
    candidates: Sequence[DatedSentence], asked: TimeAsked, about: AskedStatement, *, now: str
) -> Ordered:
    """Return the order in which to use sentences for a question, best first as they are given.

    `asked` is the time that the question asks about and `about` what it asks of (see time_asked and
    time_statements); `now` (ISO 8601) is the day as of which it is answered.
    """
    return _ValidityOrder(candidates, asked, about, now).ordered()


class _ValidityOrder:
    """One question's sentences, and which of them are set aside for which."""

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
        self._at_other_time: set[int] = set()

    def ordered(self) -> Ordered:
        """Return the order after all that is set aside."""
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
        kept = tuple(one for one in order if one in self._at_other_time)
        return Ordered(tuple(order), tuple(replaced), kept)

    def _leading(self, place: int) -> int:
        while place in self._replaced_by:
            place = self._replaced_by[place][0]
        return place

    def _answers_nearly_as_well(self, place: int, other: int, share: float) -> bool:
        """Say whether a sentence answers nearly as well as another."""
        return self._candidates[place].chance >= share * self._candidates[other].chance

    def _set_aside(self, place: int, leading: int, words: str, day: str = "") -> None:
        """Use one sentence in the place of another, unless that stands in its place already."""
        if self._leading(leading) != place:
            self._replaced_by[place] = (leading, words, day)

    # Numbers that were taken back.

    def _set_corrected_aside(self) -> None:
        """Set aside what repeats a number that another sentence takes back, and that sentence.

        The latter leads only where it states the right number, or nothing else answers.
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
        """Return the best sentence about what another takes back that takes nothing back."""
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
        """Say whether two sentences share two content words, one of them of the question."""
        shared = self._statements[place].content & self._statements[other].content
        return len(shared) >= 2 and (not self._about.stems or bool(shared & self._about.stems))

    # A day, a month or a year that the question names.

    def _put_the_named_time_first(self) -> None:
        """Put sentences of another time behind those that state the time asked for.

        Where a day is asked for, the latter come first and sentences of other days are left out.
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
        else:
            self._at_other_time.update(missing)

    def _states_named_time(self, place: int) -> bool:
        begin, last = self._asked.begin, self._asked.end
        return any(begin <= one.begin and one.end <= last for one in self._statements[place].dates)

    def _excludes_named_time(self, place: int) -> bool:
        """Say whether every date of a sentence excludes the time asked for.

        Of a state that began or was announced earlier nothing says that it had ended.
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
        """Yield sentences that go on from one of `stating`: "on the same day"."""
        for place in self._considered:
            one = self._candidates[place]
            leans = any(words in one.text for words in _SAME_DAY)
            if leans and any(
                self._candidates[other].label == one.label
                and self._candidates[other].start < one.start
                for other in stating
            ):
                yield place

    # What is so at the time asked for.

    def _replace(self) -> None:
        """Set each sentence aside for the one that holds at the time asked for, where one does."""
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
        """Return the sentence to use in the place of another; None where it may stay."""
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
            # A plan may be told of after what is so, never before it.
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
        """Return the latest of some sentences, of those of one time the one that answers best."""
        if not places:
            return None
        latest = max(self._statements[one].latest_time.begin for one in places)
        return next(one for one in places if self._statements[one].latest_time.begin == latest)

    def _earlier_statement(self, place: int, rivals: Sequence[int]) -> int | None:
        """Return what was so at first, or before the latest, to use in the place of a sentence."""
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
        """Return how a sentence set aside is led in, and the date in that; "" to leave it out."""
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
