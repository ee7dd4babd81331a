"""A memo made by hand that breaks no rule, for the tests to break one rule at a time."""

from __future__ import annotations

from dataclasses import replace

from assistant.answer import Citation, Claim
from assistant.checking.problems import Code, Problem, problem
from assistant.memo.templates import shipped_templates
from assistant.memo.values import (
    GAP,
    JUDGMENT,
    NOTE,
    PARAGRAPHS,
    Dispute,
    Event,
    Figure,
    GradedSource,
    Line,
    Memo,
    Section,
    Side,
)
from corpus.document import Source
from index.evidence import Newer

GAZETTE = Source("The harbour of Lund", "/files/harbour.pdf", "Port Gazette", "2026-03-01", "pdf")
PAPER = Source("华为 and the bridge <script>", "https://example.org/bridge?a=1&b=2", "Road News",
               "2026-05-02", "html")  # fmt: skip
SHIPS = "The harbour handled 4,800 ships in 2025, the Port Gazette reports."
MARKUP = "Huawei (华为) said “the *bridge* at #set [^1] | <b>Vik</b> is open” on 2 May 2026."
COST = "Road News puts the cost of the bridge at $1.3 billion."


def line(text: str, *numbers: int, role: str = "evidence", verdict: str = "supported",
         problems: tuple[Problem, ...] = (), speaker: str = "",
         kind: str = "") -> Line:  # fmt: skip
    return Line(Claim(text, numbers, verdict, problems), speaker, kind, role)


def citation(number: int, document: str, source: Source, quote: str, page: int | None) -> Citation:
    return Citation(number, document, source, page, "Ships", quote, 10, 10 + len(quote), "found")


def source(document: str, about: Source, *numbers: int) -> GradedSource:
    return GradedSource(document, about, numbers, "B", 2, "a press report, by default", "",
                        document, (about.publisher,))  # fmt: skip


MEMO = Memo(
    topic="Harbours & bridges: 深度求索?",
    template="judgments",
    created="2026-06-01",
    as_of="2026-05-31",
    engine="extractive",
    audience="Ministers",
    library={"documents": 2, "passages": 9, "generation": 3},
    sections=(
        Section("bluf", "Bottom line", (
            line(SHIPS, 1, 2, speaker="Port Gazette", kind="press report"),
            line("Trade through Lund is likely to grow.", 1, 2, role=JUDGMENT),
            line("Confidence in this evidence is moderate.", role=NOTE),
        ), leading=True, layout=PARAGRAPHS),
        Section("what-we-know", "What we know", (
            line(MARKUP, 2, speaker="Huawei", kind="company claim"),
            line(COST, 3, verdict="weak", problems=(problem(Code.NUMBER_MISSING, "1.3"),)),
        )),
        Section("disputes", "Where sources disagree", shows="disputes"),
        Section("assumptions-gaps", "Assumptions and gaps", (
            line("Which assumptions does this rest on?", role=GAP),
        )),
        Section("alternatives", "Alternative views", (line("What else is true?", role=GAP),)),
        Section("figures", "Figures", shows="figures"),
        Section("timeline", "Timeline", shows="timeline"),
        Section("sources", "Sources", shows="sources"),
        Section("log", "Verification log", shows="log"),
    ),
    citations=(
        citation(1, "aaa", GAZETTE, SHIPS, 3),
        citation(2, "bbb", PAPER, MARKUP, None),
        replace(citation(3, "bbb", PAPER, COST + " " + "It is long. " * 30, None),
                newer=Newer("ccc", GAZETTE)),
    ),
    sources=(source("aaa", GAZETTE, 1), source("bbb", PAPER, 2, 3)),
    events=(
        Event("2025-03", "=The harbour \\ opened to *all*.", (1,)),
        Event("2026-05-02", "The bridge opened, said 华为.", (2,), (("2026-05-04", 3),)),
    ),
    figures=(Figure("cost of the bridge", 1.3e9, "USD", "$1.3 billion", "2026", "Road News", 3),),
    disputes=(
        Dispute("the bridge: cost", "figure", (
            Side("$1.3 billion", COST, "Road News", "2026-05-02", "with the road", 3),
            Side("$0.9 billion", "It cost $0.9 billion.", "Port Gazette", "2026-03-01", "", 1),
        )),
        Dispute("ships", "figure", (
            Side("4,800 ships", SHIPS, "Port Gazette", "2026-03-01", "", 1),
        ), update=True),
    ),
    settings={"length": 0},
    rules=shipped_templates()["judgments"].rules,
)  # fmt: skip
CLEAN = replace(
    MEMO,
    topic="Harbours",
    sections=tuple(
        replace(one, lines=one.lines[:1]) if one.key == "what-we-know" else one
        for one in MEMO.sections
    ),
)
