"""Of sentences about one thing, the one that holds at the time asked for leads the answer."""

from __future__ import annotations

import pytest

from assistant.planning.time_asked import When, time_asked
from assistant.retrieval.corrections import correction
from assistant.retrieval.time_statements import asked_statement
from assistant.retrieval.time_validity import DatedSentence, Ordered, ordered_by_validity
from corpus.partial_dates import last_day

TODAY = "2026-11-29"
Line = tuple[str, str, float]

LIMIT_2024 = ("The OLC limits the export of Sava lenses to 400 units a year.", "2024-03-02", 0.8)
LIMIT_2025 = (
    "The OLC raised the export limit for Sava lenses from 400 to 650 units a year.",
    "2025-06-10",
    0.75,
)
LIMIT_2026 = (
    "After the Orsk affair the OLC cut the export limit for Sava lenses to 500 units a year.",
    "2026-01-15",
    0.7,
)
LIMITS = (LIMIT_2024, LIMIT_2025, LIMIT_2026)


def ordered(question: str, *lines: Line, as_of: str = "", context: str = "") -> Ordered:
    """Order some sentences, each given with the date of its document and its chance."""
    given = [
        DatedSentence(text, chance, start, 1, published, context)
        for start, (text, published, chance) in enumerate(lines)
    ]
    now = last_day(as_of) if as_of else TODAY
    return ordered_by_validity(given, time_asked(question, now), asked_statement(question), now=now)


@pytest.mark.parametrize(
    ("question", "when"),
    [
        ("How many lenses may a maker export today?", When.PRESENT),
        ("What is the latest limit?", When.PRESENT),
        ("Is the A800 still allowed?", When.PRESENT),
        ("Who runs Corva Glass?", When.PRESENT),
        ("目前的出口上限是多少？", When.PRESENT),
        ("What is the October 2022 chip rule?", When.PRESENT),
        ("What does the 2024 report say?", When.PRESENT),
        ("What happened on 12 January 2026?", When.NAMED),
        ("2026年1月12日发生了什么？", When.NAMED),
        ("What was the limit before the rule of October 2023?", When.NAMED),
        ("How much did a lens cost in 2019?", When.NAMED),
        ("How many firms are in the December 2024 package?", When.PRESENT),
        ("What must firms do under the law signed in December 2025?", When.OPEN),
        ("When do firms have to comply?", When.OPEN),
        ("What was the limit originally?", When.PAST),
        ("What was the previous limit?", When.PAST),
        ("最初的上限是多少？", When.PAST),
        ("What did the lens cost?", When.OPEN),
        ("What changed between 2023 and 2024?", When.OPEN),
        ("What has happened since 2023?", When.OPEN),
    ],
)
def test_the_time_a_question_asks_about(question: str, when: When) -> None:
    """A date that is part of a name ("the October 2022 rule") asks for no time."""
    assert time_asked(question, TODAY).when is when


def test_before_a_month_ends_on_the_day_before_it() -> None:
    """ "Before the rule of October 2023" is until 30 September."""
    assert time_asked("What held before the rule of October 2023?", TODAY).end == "2023-09-30"


@pytest.mark.parametrize(
    ("question", "lines", "leads"),
    [
        pytest.param("How many Sava lenses may a maker export today?", LIMITS, 2, id="today"),
        pytest.param("What is the export limit for Sava lenses?", LIMITS, 2, id="present tense"),
        pytest.param("What was the export limit on 1 March 2025?", LIMITS, 0, id="on a day"),
        pytest.param("What was the export limit in December 2025?", LIMITS, 1, id="in a month"),
        pytest.param("What was the export limit before January 2026?", LIMITS, 1, id="before"),
        pytest.param("What was the export limit originally?", LIMITS[::-1], 2, id="originally"),
        pytest.param("What was the previous export limit?", LIMITS, 1, id="previous"),
        pytest.param("What did the OLC say of the export limit?", LIMITS, 0, id="no time asked"),
        pytest.param(
            "Who is the director of Corva Glass?",
            [
                ("The director of Corva Glass is Emil Rask.", "2024-05-01", 0.9),
                ("The director of Corva Glass is Anna Holt.", "2026-02-01", 0.8),
            ],
            1,
            id="a new director",
        ),
        pytest.param(
            "Who is the director of Corva Glass?",
            [
                ("The director of Corva Glass is Emil Rask.", "2024-05-01", 0.9),
                ("The director of Corva Glass, Emil Rask, spoke in Orsk.", "2026-02-01", 0.8),
            ],
            0,
            id="the same director",
        ),
        pytest.param(
            "Are lenses for schools exempt?",
            [
                ("Lenses for telescopes of schools are exempt.", "2024-03-02", 0.9),
                ("Lenses for telescopes of schools are no longer exempt.", "2025-08-01", 0.8),
            ],
            1,
            id="no longer",
        ),
        pytest.param(
            "What is the fee for a permit?",
            [
                ("The fee for a permit is 30 crowns.", "", 0.9),
                ("As of March 2026 the fee for a permit is 45 crowns.", "", 0.8),
                ("As of May 2024 the fee for a permit is 20 crowns.", "", 0.85),
            ],
            0,
            id="a sentence of unknown date stays",
        ),
        pytest.param(
            "What is the fee for a permit?",
            [
                ("As of May 2024 the fee for a permit is 20 crowns.", "", 0.85),
                ("As of March 2026 the fee for a permit is 45 crowns.", "", 0.8),
            ],
            1,
            id="as of, without dates of documents",
        ),
        pytest.param(
            "What is the fee for a permit now?",
            [
                ("Until 3 June 2026 the fee for a permit was 30 crowns.", "2026-07-01", 0.9),
                ("Since 3 June 2026 the fee for a permit is 45 crowns.", "2026-07-01", 0.8),
            ],
            1,
            id="until and since in one document",
        ),
        pytest.param(
            "What is the fee for a permit now?",
            [
                ("The fee for a permit will rise to 60 crowns in March 2027.", "2026-10-01", 0.9),
                ("The fee for a permit is 45 crowns.", "2026-07-01", 0.8),
            ],
            1,
            id="what is planned is not so yet",
        ),
        pytest.param(
            "What is the fee for a permit now?",
            [
                ("The fee for a permit is 30 crowns.", "2025-01-10", 0.9),
                ("From 1 March 2026 the fee for a permit will be 60 crowns.", "2025-10-01", 0.8),
            ],
            1,
            id="what was planned is so by now",
        ),
        pytest.param(
            "How many lenses does Brill make?",
            [
                ("Brill made 700 lenses in 2023.", "2025-11-20", 0.9),
                ("Brill made 640 lenses in 2024.", "2025-11-20", 0.85),
            ],
            1,
            id="figures of two years in one document",
        ),
        pytest.param(
            "How many lenses did Brill make in 2023?",
            [
                ("Brill made 640 lenses in 2024.", "2025-11-20", 0.9),
                ("Brill made 700 lenses in 2023.", "2025-11-20", 0.85),
            ],
            1,
            id="the year that is named",
        ),
        pytest.param(
            "What happened on 12 January 2026?",
            [
                ("A court in Holm heard the case on 15 January 2026.", "2026-01-20", 0.8),
                ("Corva Glass lost its permit on 12 January 2026.", "2026-01-15", 0.4),
            ],
            1,
            id="the very day",
        ),
        pytest.param(
            "What happened on 12 January 2026?",
            [
                ("A court in Holm heard the case on 15 January.", "2026-01-20", 0.8),
                ("Corva Glass lost its permit on 12 January.", "2026-01-15", 0.4),
            ],
            1,
            id="days without a year",
        ),
        pytest.param(
            "目前的出口上限是多少？",
            [
                ("出口上限为每年400片。", "2024-03-02", 0.8),
                ("出口上限现为每年500片。", "2026-01-15", 0.7),
            ],
            1,
            id="Chinese",
        ),
        pytest.param(
            "How many people does Huawei employ?",
            [
                ("Huawei employs 207,000 people.", "2024", 0.8),
                ("Huawei employs 208,000 people.", "2025-03", 0.75),
            ],
            1,
            id="dates of a year and of a month",
        ),
        pytest.param(
            "How many people does Huawei employ?",
            [
                ("Huawei employs 207,000 people.", "2025", 0.8),
                ("Huawei employs 208,000 people.", "2025-03", 0.75),
            ],
            0,
            id="a month within the year decides nothing",
        ),
    ],
)
def test_what_holds_at_the_time_leads(question: str, lines: list[Line], leads: int) -> None:
    """By the date of the document, or by the date that the sentence itself states."""
    assert ordered(question, *lines).order[0] == leads


@pytest.mark.parametrize(
    ("question", "older", "newer"),
    [
        pytest.param(
            "What is the export limit for Sava lenses?",
            LIMIT_2024,
            (*LIMIT_2026[:2], 0.3),
            id="clearly worse",
        ),
        pytest.param(
            "What is the export limit for Sava lenses today?",
            LIMIT_2024,
            ("The OLC limits the export of Sava lenses to 400 units a year.", "2026-01-15", 0.8),
            id="says the same",
        ),
        pytest.param(
            "What is the export limit for Sava lenses today?",
            LIMIT_2024,
            ("The OLC limits the export of Tarn mirrors to 90 units a year.", "2026-01-15", 0.8),
            id="another product",
        ),
        pytest.param(
            "How much does Ardent Optics charge for a lens?",
            ("Ardent Optics charges 8,400 crowns for a lens.", "2024-11-20", 0.8),
            ("Brill charges 12,900 crowns for a lens.", "2026-01-15", 0.8),
            id="another maker",
        ),
        pytest.param(
            "Which chips may be sold in China today?",
            ("The H20 may be sold in China for 15 percent of revenue.", "2025-08-01", 0.8),
            ("The MI308 may be sold in China for 20 percent of revenue.", "2026-01-15", 0.8),
            id="another model",
        ),
        pytest.param(
            "How many people does Brill employ now?",
            ("Brill employs 75 people in Vike.", "2024-11-20", 0.8),
            ("Brill makes 640 lenses in Vike.", "2026-01-15", 0.8),
            id="another quantity",
        ),
        pytest.param(
            "What is the export limit for Sava lenses?",
            LIMIT_2024,
            (
                "The OLC plans to raise the export limit for Sava lenses to 900 units a year.",
                "2026-03-01",
                0.8,
            ),
            id="only planned",
        ),
    ],
)
def test_a_newer_sentence_does_not_lead_for_being_newer(
    question: str, older: Line, newer: Line
) -> None:
    """It must answer nearly as well, speak of the same thing, and say something else of it."""
    found = ordered(question, older, newer)
    assert found.order == (0, 1)
    assert not found.replaced


def test_what_was_replaced_is_named_with_its_date() -> None:
    """The answer shows one limit and can say what it was before, the latest first."""
    found = ordered("How many Sava lenses may a maker export today?", *LIMITS)
    assert found.order == (2,)
    assert [(one.leading, one.aside, one.words) for one in found.replaced] == [
        (2, 1, "As of 2025-06-10"),
        (2, 0, "As of 2024-03-02"),
    ]


def test_what_states_its_own_end_is_named_with_that() -> None:
    """ "Until" is said only where the source says it."""
    found = ordered(
        "What is the fee for a permit now?",
        ("Until 3 June 2026 the fee for a permit was 30 crowns.", "2026-07-01", 0.9),
        ("Since 3 June 2026 the fee for a permit is 45 crowns.", "2026-07-01", 0.8),
    )
    assert [one.words for one in found.replaced] == ["Until 2026-06-03"]


def test_a_list_that_was_overtaken_does_not_lead() -> None:
    """The list of 2024 names a maker that has lost its permit since."""
    found = ordered(
        "Which makers hold a permit today?",
        (
            "Three makers hold a permit: Ardent Optics, Brill & Son, and Corva Glass.",
            "2024-03-02",
            0.9,
        ),
        ("Corva Glass lost its permit on 12 January 2026.", "2026-01-15", 0.5),
        ("Ardent Optics and Brill & Son keep their permits.", "2026-01-15", 0.6),
    )
    assert set(found.order) == {1, 2}
    assert [one.aside for one in found.replaced] == [0]


def test_as_of_stands_for_today() -> None:
    """What was announced for later is not so on the day that the reader chose."""
    lines = (
        ("The fee for a permit is 30 crowns.", "2025-01-10", 0.8),
        ("From 1 March 2026 the fee for a permit will be 60 crowns.", "2025-10-01", 0.9),
    )
    question = "What is the fee for a permit now?"
    assert ordered(question, *lines, as_of="2025-12").order[0] == 0
    assert ordered(question, *lines, as_of="2026-03").order[0] == 1


def test_other_days_are_left_out_and_the_same_day_stays() -> None:
    """ "On the same day" goes on from the sentence that names the day."""
    found = ordered(
        "What happened on 12 January 2026?",
        ("A court in Holm will hear the case on 4 May 2026.", "2026-01-20", 0.6),
        ("Corva Glass lost its permit on 12 January 2026.", "2026-01-15", 0.5),
        ("A new maker, Delft Ray, received a permit on the same day.", "2026-01-15", 0.4),
    )
    assert found.order == (1, 2)


def test_a_state_outlasts_the_day_it_began() -> None:
    """What is so since 2024 is so in January 2026."""
    found = ordered(
        "What was the fee on 12 January 2026?",
        ("Since 2 March 2024 the fee is 30 crowns.", "2026-05-01", 0.6),
    )
    assert found.order == (0,)


def test_a_sentence_of_another_year_is_marked_where_none_fits() -> None:
    """A price of 2024 is no price of 2019; whoever answers can say so."""
    found = ordered(
        "How much did a lens of Brill cost in 2019?",
        ("A lens of Brill cost 12,900 crowns in 2024.", "2025-11-20", 0.8),
    )
    assert found.order == (0,)


CRATE = ("Officers found 58 Sava lenses in a crate in Orsk.", "2026-01-20", 0.5)


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        pytest.param(
            [
                (
                    "The Post reported earlier that the crate held 72 lenses; the number was "
                    "corrected on 21 January.",
                    "2026-01-20",
                    0.8,
                ),
                CRATE,
            ],
            (1,),
            id="reported earlier, corrected",
        ),
        pytest.param(
            [
                ("The crate held 72 lenses.", "2026-01-18", 0.9),
                (
                    "An earlier version of this article said that the crate held 72 lenses; it "
                    "held 58.",
                    "2026-01-20",
                    0.5,
                ),
            ],
            (1,),
            id="an earlier version",
        ),
        pytest.param(
            [
                ("The crate held 72 lenses.", "2026-01-18", 0.9),
                ("The crate held not 72 but 58 lenses.", "2026-01-20", 0.5),
            ],
            (1,),
            id="not this but that",
        ),
        pytest.param(
            [
                ("The crate held 72 lenses.", "2026-01-18", 0.9),
                ("The figure of 72 lenses in the crate was wrong.", "2026-01-20", 0.5),
                CRATE,
            ],
            (2,),
            id="was wrong",
        ),
        pytest.param(
            [("The number of lenses in the crate was corrected from 72 to 58.", "2026-01-20", 0.5)],
            (0,),
            id="nothing else answers",
        ),
    ],
)
def test_a_number_that_was_taken_back_does_not_answer(
    lines: list[Line], order: tuple[int, ...]
) -> None:
    """The right number leads, wherever it stands."""
    assert ordered("How many lenses did the crate hold?", *lines).order == order


@pytest.mark.parametrize(
    "text",
    [
        "The corrected accuracy of the model is 91 percent.",
        "The rule was withdrawn in May 2025 after 30 days.",
        "The plant does not make 30 lenses a day.",
        "The new model cost 5 million to train, not 100 million as the old one did.",
        "The OLC raised the limit from 400 to 650 units.",
    ],
)
def test_these_take_no_number_back(text: str) -> None:
    """A rule that is withdrawn and a limit that is raised are changes of the world."""
    assert correction(text) is None


def test_two_sentences_that_correct_each_other_leave_one() -> None:
    """Sources that take back each other's number go round in no circle."""
    found = ordered(
        "How many lenses did the crate hold?",
        ("The crate held not 72 but 58 lenses.", "2026-01-20", 0.8),
        ("The crate held not 58 but 72 lenses.", "2026-01-21", 0.8),
        ("The crate held 72 lenses.", "2026-01-18", 0.7),
        ("The crate held 58 lenses.", "2026-01-18", 0.7),
    )
    assert found.order


def test_nothing_comes_of_nothing() -> None:
    """No sentences: an empty order."""
    assert ordered("What is the limit today?") == Ordered(())


def test_every_sentence_is_used_or_set_aside_for_one_that_is() -> None:
    """Without a time in the question nothing is left out."""
    found = ordered("What did the OLC say of the export limit?", *LIMITS)
    assert found == Ordered((0, 1, 2))
