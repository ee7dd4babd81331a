"""What a memo reads out of sentences: events, figures, disagreements, speakers, grades, origins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.memo.disagreements import disagreements
from assistant.memo.figures import stated_quantities
from assistant.memo.grades import Grades, confidence
from assistant.memo.origins import SourceText, independent_origins, origin_of, origins
from assistant.memo.references import ReferenceNamer
from assistant.memo.sentence import EvidenceSentence, sentences_of
from assistant.memo.speakers import speaker_of
from assistant.memo.superseded import validity_of
from assistant.memo.timeline import DatedEvent, events
from assistant.memo.values import ANALYST, COMPANY, INDEPENDENT, OFFICIAL, PRESS
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Passage, Source
from corpus.errors import UsageError
from index.evidence import Evidence, Newer

HERE = Path(__file__).parent


def sentence(text: str, publisher: str = "Gazette", published: str = "2026-03-01",
             title: str = "An article", document: str = "") -> EvidenceSentence:  # fmt: skip
    """Return a sentence that is a document of its own."""
    passage = Passage(document or text, 0, len(text), text)
    return EvidenceSentence(
        text, 0, len(text), passage, Source(title, "/a.md", publisher, published)
    )


def rows_of(name: str) -> list[dict[str, Any]]:
    text = (HERE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def told(starter_home: Path) -> list[tuple[str, DatedEvent]]:
    """Return the events of each document of the starter library."""
    found = []
    with Workspace(Settings(home=starter_home)) as workspace:
        for entry in workspace.library.entries():
            passages = workspace.library.passages_of(entry.id)
            name = Path(entry.source.location).name
            sentences = sentences_of((one, entry.source) for one in passages)
            found += [(name, event) for event in events(sentences)]
    return found


def test_events_listed_by_hand_are_found(told: list[tuple[str, DatedEvent]]) -> None:
    """Of 62 events that a reader listed, 0.85 and more are found with the right date."""
    rows = rows_of("events")
    assert len(rows) >= 60
    missed = [
        row["contains"]
        for row in rows
        if not any(
            name == row["file"]
            and event.date.startswith(row["date"])
            and any(row["contains"] in " ".join(one.text.split()) for one in event.sentences)
            for name, event in told
        )
    ]
    assert len(missed) <= 0.15 * len(rows), missed


def test_events_found_are_events(told: list[tuple[str, DatedEvent]]) -> None:
    """Of a sample judged by a reader, 0.9 and more are events with the right date."""
    rows = rows_of("events_judged")
    present = {(name, event.date, event.text) for name, event in told}
    still = [row for row in rows if (row["file"], row["date"], row["text"]) in present]
    assert len(still) >= 60
    assert sum(row["right"] for row in still) >= 0.9 * len(still)


def test_a_missing_year_is_that_of_the_sentence_before() -> None:
    """Or that of the title, or of publication."""
    text = "BIS announced the rule on 7 October 2022. The notice was published on 13 October."
    passage = Passage("a", 0, len(text), text)
    found = events(sentences_of([(passage, Source("Rules", "/a.md"))]))
    assert [one.date for one in found] == ["2022-10-07", "2022-10-13"]
    assert events([sentence("The ban began on 4 May.")])[0].date == "2026-05-04"


def test_periods_references_and_names_are_no_events() -> None:
    """A quarter that ended, a cited rule, a document of a day, how things stand."""
    for text in (
        "Revenue in the quarter ended 27 April 2025 was $44 billion.",
        "See 89 Fed. Reg. 96790, 5 December 2024.",
        "The filing of November 2023 lists the products.",
        "The October 2023 rule reaches beyond China.",
        "As of 3 March 2026 the list names 80 firms.",
        "[12] Reuters, 3 March 2025.",
    ):
        assert events([sentence(text)]) == [], text


def test_dates_that_differ_between_documents_are_flagged() -> None:
    """One event, two documents, two days: both are shown."""
    found = events([
        sentence("The suspension of the chip rule ends on 16 April 2026."),
        sentence("The suspension of the chip rule ends on 18 April 2026."),
    ])  # fmt: skip
    assert [(one.date, [day for day, _ in one.others]) for one in found] == [
        ("2026-04-16", ["2026-04-18"]), ("2026-04-18", ["2026-04-16"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown", "value", "unit", "as_of", "counts"),
    [
        ("DeepSeek says training cost $5.576 million in December 2024.", "$5.576 million",
         5_576_000, "USD", "2024-12", "training cost"),
        ("The share of H20 sales rose to 14 percent.", "14 percent", 14, "%", "2026-03-01",
         "H20 sales"),
    ],
)  # fmt: skip
def test_a_figure_has_its_unit_date_and_subject(
    text: str, shown: str, value: float, unit: str, as_of: str, counts: str
) -> None:
    """What is counted is told in words of the text."""
    (row,) = stated_quantities([sentence(text)])
    assert (row.shown, row.value, row.unit, row.as_of) == (shown, value, unit, as_of)
    assert counts in row.quantity and all(word in text for word in row.quantity.split())


def test_years_pages_and_models_are_no_figures() -> None:
    """Nor are durations and bare numbers, nor what has no name, no digit or only compares."""
    for text in (
        "Section 744 of 2023 names the H20.", "It took three weeks.", "See page 4.",
        "The claims were not checked by a third party in a third of the cases.",
        "DeepSeek does not say when the 2,048 processors were bought.",
        "A comparable American model cost 35 percent less on average.",
        "Smugglers moved 400 GPUs through the port.",
    ):  # fmt: skip
        assert stated_quantities([sentence(text)]) == []


def test_planted_disagreements_are_found() -> None:
    """Of 32, 0.8 and more; of 32 look-alikes, 0.1 at most are taken for one.

    The rows marked "held" were not looked at while the rules were made.
    """
    rows = rows_of("disagreements")
    counts = {True: [0, 0], False: [0, 0]}
    for row in rows:
        pair = [
            sentence(text, f"Paper {place}", f"2026-0{place + 1}-01")
            for place, text in enumerate(row["texts"])
        ]
        counts[row["differs"]][0] += bool(disagreements(pair))
        counts[row["differs"]][1] += 1
    assert min(total for _, total in counts.values()) >= 30
    assert counts[True][0] >= 0.8 * counts[True][1]
    assert counts[False][0] <= 0.1 * counts[False][1]


def test_a_later_text_of_one_publisher_is_an_update() -> None:
    """Two publishers disagree; one corrects itself."""
    texts = ("Kimi K2 was trained on 15.5 trillion tokens.",
             "Kimi K2 was trained on 12 trillion tokens.")  # fmt: skip
    one, other = sentence(texts[0], "News", "2026-01-01"), sentence(texts[1], "News", "2026-02-01")
    (found,) = disagreements([one, other])
    assert found.update and found.kind == "figure" and "K2" in found.about
    assert [side.sentence for side in found.positions] == [one, other]
    (found,) = disagreements([one, sentence(texts[1], "Post", "2026-02-01")])
    assert not found.update


@pytest.mark.parametrize(("one", "other"), [
    ("Data Center revenue of NVIDIA was up 217% in fiscal year 2024.",
     "China was 19 percent of Data Center revenue of NVIDIA in fiscal year 2024."),
    ("Data Center revenue of NVIDIA for fiscal year 2024 was up 217%.",
     "Data Center revenue of NVIDIA for the second quarter of fiscal year 2024 was up 171%."),
    ("Data Center revenue of NVIDIA was up 217% in fiscal year 2024.",
     "Data Center compute revenue of NVIDIA was up 244% in fiscal year 2024."),
])  # fmt: skip
def test_growth_share_period_and_part_are_different_measures(one: str, other: str) -> None:
    """Figures that measure different things do not contradict each other."""
    assert disagreements([sentence(one, "A"), sentence(other, "B", "2026-04-01")]) == []


def test_only_compared_sides_of_a_disagreement_exclude_each_other() -> None:
    """Three say something of one thing, two of them the same: these two do not differ."""
    told = [
        sentence(f"Kimi K2 was trained on {count} trillion tokens{end}.", publisher)
        for count, end, publisher in (
            ("15.5", "", "A"), ("12", "", "B"), ("15.5", " in all", "C"),
        )
    ]  # fmt: skip
    (found,) = disagreements(told)
    assert len(found.positions) == 3
    pairs = {(one.sentence.source.publisher, two.sentence.source.publisher)
             for one, two in found.against()}  # fmt: skip
    assert pairs == {("A", "B"), ("B", "A"), ("B", "C"), ("C", "B")}


SPOKEN = (
    ("DeepSeek says the run cost $5.576 million.", "DeepSeek", COMPANY),
    ("According to SemiAnalysis, the servers cost $1.3 billion.", "SemiAnalysis", INDEPENDENT),
    ("The licence is needed from May, CNBC reported.", "CNBC", PRESS),
    ("The Bureau of Industry and Security announced the rule on Monday.",
     "Bureau of Industry and Security", OFFICIAL),
    ("An estimate by Epoch AI puts the compute at 3e24 FLOP.", "Epoch AI", INDEPENDENT),
    ("Jeffrey Kessler testified that capacity is small.", "Jeffrey Kessler", OFFICIAL),
    ("\"It is a copy,\" said Anthropic.", "Anthropic", COMPANY),
    ("NVIDIA's filing says the charge was $4.5 billion.", "NVIDIA", COMPANY),
    ("The figure was given by Huawei.", "Huawei", COMPANY),
    ("Reuters, citing the Financial Times, reported the order.", "Reuters", PRESS),
    ("The European Commission published the code of practice.", "European Commission", OFFICIAL),
    ("RAND estimates that yields are near 40 percent.", "RAND", INDEPENDENT),
    ("The rule requires a licence for every export.", "The rule", OFFICIAL),
    ("Xinhua reported the results on 28 May.", "Xinhua", PRESS),
    ("Moonshot AI claims a context of two million signs.", "Moonshot AI", COMPANY),
    ("Under the final rule a licence is presumed denied.", "The final rule", OFFICIAL),
    ("TrendForce expects shipments to double.", "TrendForce", INDEPENDENT),
    ("The Ministry of Commerce denied the report.", "Ministry of Commerce", OFFICIAL),
    ("Alibaba Cloud announced the price on Friday.", "Alibaba Cloud", COMPANY),
    ("The Wall Street Journal wrote that talks stalled.", "Wall Street Journal", PRESS),
)  # fmt: skip


@pytest.mark.parametrize(("text", "speaker", "kind"), SPOKEN)
def test_the_speaker_is_told_from_the_sentence(text: str, speaker: str, kind: str) -> None:
    """With the kind of statement that makes it."""
    found = speaker_of(sentence(text))
    assert (found.speaker, found.kind) == (speaker, kind)


def test_it_said_is_whoever_was_named_before() -> None:
    """And where nobody is named, the publisher speaks; a model is no speaker."""
    before = [sentence("Huawei showed the chip in September.")]
    found = speaker_of(sentence("The company said the chip has 128 GB of memory."), before)
    assert (found.speaker, found.kind) == ("Huawei", COMPANY)
    found = speaker_of(sentence("DeepSeek-V3 requires 2.788 million hours.", "Reuters"))
    assert (found.speaker, found.kind) == ("Reuters", PRESS)
    paper = sentence("We observe no loss spikes.", "", title="MiniMax-M1: a technical report")
    assert speaker_of(paper).speaker == "MiniMax" and speaker_of(paper).kind == COMPANY
    found = speaker_of(sentence("The data suggest a copy is likely.", "Somebody"))
    assert found.kind == ANALYST


def test_grades_of_the_analyst_go_before_defaults(tmp_path: Path) -> None:
    """With reason and date; what is wrong in the file is named in one line."""
    source = Source("Chips", "https://reuters.com/a", "Reuters", "2026-01-01")
    default = Grades.load(tmp_path).of(source, PRESS)
    assert (default.reliability, default.credibility, default.graded) == ("B", 3, "")
    assert Grades.load(tmp_path).of(source, PRESS, 3).credibility == 1
    file = Grades.ensured_file(tmp_path)
    assert file.read_text(encoding="utf-8").startswith("# Grades of sources")
    assert Grades.load(tmp_path).of(source, PRESS) == default
    row = '[[source]]\nmatch = "reuters"\nreliability = "A"\nreason = "checked"\n'
    row += "date = 2026-02-03\n"
    file.write_text(row, encoding="utf-8")
    found = Grades.load(tmp_path).of(source, PRESS)
    assert (found.reliability, found.reason, found.graded) == ("A", "checked", "2026-02-03")
    assert Grades.ensured_file(tmp_path).read_text(encoding="utf-8") == row
    for wrong in (row.replace('"A"', '"G"'), row.replace('"checked"', '""'), "source = 3", "[["):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(UsageError, match=r"grades\.toml"):
            Grades.load(tmp_path)


def test_confidence_has_its_reasons_and_no_likelihood() -> None:
    """One origin is little; three good ones that agree are much."""
    grades = Grades()
    good = [grades.of(Source("x", "/x", "Reuters"), PRESS)] * 3
    assert confidence(good, 3, disputed=False)[0] == "high"
    assert confidence(good, 3, disputed=True)[0] == "moderate"
    level, reason = confidence(good[:1], 1, disputed=False)
    assert level == "low" and "one origin" in reason and "likely" not in reason


def test_reprints_and_retellings_count_once() -> None:
    """Near-equal documents have one origin, and so have those that credit one organisation."""
    text = "The bureau told the maker on Monday that each export of the chip needs a licence. " * 6
    one = SourceText("one", Source("A", "/1", "Daily", "2026-01-02"), text)
    copy = SourceText("copy", Source("B", "/2", "Weekly", "2026-01-01"), "New lead. " + text)
    other = SourceText(
        "other", Source("C", "/3", "Post", "2026-01-03"), "Something else entirely. " * 9
    )
    by = origins([one, copy, other])
    assert by == {"one": "copy", "copy": "copy", "other": "other"}
    said = [
        sentence("The maker needs a licence.", "Daily", document="one"),
        sentence("The maker needs a licence.", "Weekly", document="copy"),
    ]
    assert independent_origins(said, by) == 1
    retold = [
        sentence("The yield is 40 percent, SemiAnalysis says.", "Daily", document="one"),
        sentence("SemiAnalysis puts the yield at 40 percent.", "Post", document="other"),
    ]
    assert origin_of(retold[0]) == "SemiAnalysis" and independent_origins(retold, by) == 1
    apart = [*retold, sentence("TechInsights measured 35 percent.", "Post", document="third")]
    assert independent_origins(apart, by) == 2


def test_the_retellings_of_one_library_are_one_origin() -> None:
    """Six articles of a publisher that credits others throughout; a newspaper's are two."""
    told = [
        SourceText(
            f"a{place}",
            Source(f"{what} of Lund", f"/{place}", "A reader's library"),
            f"{what} are short, Reuters reports. CNBC says that {what} rose. {what} are old.",
        )
        for place, what in enumerate(("Chips", "Ships", "Ports", "Banks", "Roads", "Farms"))
    ]
    assert set(origins(told).values()) == {"a0"}
    press = [replace(one, source=replace(one.source, publisher="Reuters")) for one in told]
    assert len(set(origins(press).values())) == 6
    said = [
        sentence(
            "The yield is 40 percent, SemiAnalysis says.", "A reader's library", document="a0"
        ),
        sentence("Nvidia puts the yield at 40 percent.", "A reader's library", document="a1"),
    ]
    assert independent_origins(said, origins(told)) == 1


LISTED = "\n\n".join(
    f"{number}. {who}, A report on chips, 2025-0{number}-01. https://example.org/{number}"
    for number, who in enumerate(
        ("White House", "Reuters", "TechInsights", "SemiAnalysis", "Nvidia", "CNBC"), start=1
    )
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The rule limits weights (source 1).", "The rule limits weights (White House)."),
        ("Reuters counts 400 chips (source 2).", "Reuters counts 400 chips."),
        ("The yield is 40 percent (sources 3 and 4).",
         "The yield is 40 percent (TechInsights, SemiAnalysis)."),
        ("The share is 9 percent [5].", "The share is 9 percent (Nvidia)."),
        ("The share is 9 percent (see note 3).", "The share is 9 percent."),
        ("The share is 9 percent (source 77).", "The share is 9 percent."),
        ("Models above 10^25 operations are covered.",
         "Models above 10^25 operations are covered."),
        ("The law (article 4) holds.", "The law (article 4) holds."),
    ],
)  # fmt: skip
def test_a_reference_by_number_becomes_the_name_of_its_source(text: str, shown: str) -> None:
    """As the document itself lists it at its end; else it goes."""
    text_of = {"a": f"{text}\n\nSources\n\n{LISTED}", "b": text}
    assert ReferenceNamer(text_of.__getitem__)("a", text) == shown
    bare = ReferenceNamer(text_of.__getitem__)("b", text)
    assert "source" not in bare and "[5]" not in bare and "(White House)" not in bare


def test_what_ended_or_was_taken_back_is_known() -> None:
    """By a later title, a correction, a later version; a figure of a named year stays true."""
    rule = Source("The tonnage rule of Lund", "/1", "Lund Office", "2025-09-01")
    end = Source("The tonnage rule is suspended: a truce", "/2", "Lund Office", "2025-11-15")
    other = Source("The chip rule of Malmo", "/3", "Lund Office", "2025-09-01")
    said = "The tonnage rule holds for every ship of Lund."
    found = [
        Evidence(1, Passage(name, 0, len(said), said), about, 1.0, "found")
        for name, about in (("rule", rule), ("end", end), ("other", other))
    ]
    standing = validity_of("the tonnage rule", found, ())
    assert standing.later("rule", 0, 5) == end
    assert standing.later("end", 0, 5) is standing.later("other", 0, 5) is None
    newer = replace(found[2], newer=Newer("later", rule))
    assert validity_of("chips", [newer], ()).later("other", 0, 5) == rule
    wrong = sentence("The port of Lund handled 4,800 ships.", "A", "2026-01-01")
    right = sentence(
        "The earlier figure of 4,800 ships was wrong: the port of Lund handled 5,100 ships.", "B"
    )
    taken = validity_of("the port of Lund", (), [wrong, right])
    assert taken.later(*wrong.key) == right.source and taken.later(*right.key) is None
