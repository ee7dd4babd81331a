"""What the API takes and gives, as pydantic models: the fields are those of `--json`.

Fields are added by later versions, never renamed. What is taken is taken strictly: an unknown field
or a number in quotation marks is refused, since a bound that is misspelt would bound nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assistant.answer import Question
from assistant.memo.request import Request
from assistant.planning.query_rewriting import Turn

# An ISO date of the years 1000 to 2999; day and month may be left out. A schema has no other
# way to say that there is no 30 February: whoever is told the pattern sends no date that is none.
_YEAR = "[12][0-9]{3}"
_LEAP = "([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)"
_DAY = (
    f"{_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29"
)
DATE = f"^({_YEAR}(-(0[1-9]|1[0-2]))?|{_DAY})?$"
# More than white space, and no character zero, which PostgreSQL keeps in no text.
SAID = r"^[^\x00]*[^\s\x00][^\x00]*$"
_MOST_TURNS, _MOST_NAMES = 50, 100

Text = Annotated[str, Field(min_length=1, max_length=4_000, pattern=SAID)]
Name = Annotated[str, Field(min_length=1, max_length=300, pattern=SAID)]
Date = Annotated[
    str,
    Field(
        max_length=10,
        pattern=DATE,
        description='An ISO date: "2025-01-28", "2025-01" or "2025"; "" for none.',
        examples=["2025-06-30"],
    ),
]


def _whole(value: Any) -> Any:
    """Return a whole number as one: in JSON 8.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WHOLE = BeforeValidator(_whole)
Names = Annotated[list[Name], Field(max_length=_MOST_NAMES)]


class _Taken(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", regex_engine="python-re")


class Earlier(_Taken):
    """An earlier question of the conversation and its answer, without markers."""

    question: Text
    answer: Annotated[str, Field(max_length=20_000)] = ""
    standalone: Annotated[str, Field(max_length=4_000)] = Field(
        "", description="The question as it was searched for: `standalone` of its answer."
    )


class Bounds(_Taken):
    """Which documents may be searched."""

    as_of: Date = Field("", description="Only what was published by then.")
    since: Date = Field("", description="Only what was published since.")
    publishers: Names = Field(
        default_factory=list, description="Only these publishers.", examples=[["Norden Gazette"]]
    )
    documents: Names = Field(
        default_factory=list,
        description="Only these documents: ids of `/api/sources`, or beginnings of them.",
        examples=[[]],
    )


class AskIn(Bounds):
    """A question, and what it is bounded to."""

    question: Text = Field(examples=["What did the harbour of Norden cost?"])
    history: Annotated[list[Text | Earlier], Field(max_length=_MOST_TURNS)] = Field(
        default_factory=list, description="Earlier questions, oldest first.", examples=[[]]
    )
    limit: Annotated[int, Field(ge=1, le=50), _WHOLE] = Field(8, description="Passages considered.")
    engine: Annotated[str, Field(max_length=300)] = Field(
        "",
        description='Who writes the answer, of `/v1/models`; "" is whom the owner chose.',
        examples=["extractive"],
    )

    def asked(self) -> Question:
        """Return it as a question of ours."""
        history = tuple(
            Turn(one) if isinstance(one, str) else Turn(one.question, one.answer, one.standalone)
            for one in self.history
        )
        return Question(
            self.question, history, self.as_of, self.since, tuple(self.publishers),
            tuple(self.documents), self.limit,
        )  # fmt: skip


class SearchIn(Bounds):
    """What to search for, and within which bounds."""

    query: Text = Field(examples=["harbour costs"])
    limit: Annotated[int, Field(ge=1, le=100), _WHOLE] = Field(10, description="How many passages.")

    def asked(self) -> Question:
        """Return it as a question of ours."""
        return Question(
            self.query, (), self.as_of, self.since, tuple(self.publishers), tuple(self.documents),
            self.limit,
        )  # fmt: skip


class MemoIn(Bounds):
    """What a memo is asked for."""

    topic: Text = Field(examples=["The harbour of Norden"])
    template: Name = Field("bluf", description="Its form, as `briefing template` lists them.")
    without: Names = Field(default_factory=list, description="Publishers that are left out.")
    audience: Annotated[str, Field(max_length=300)] = Field(
        "", description="For whom it is, shown in its head."
    )
    length: Annotated[int, Field(ge=0, le=20_000), _WHOLE] = Field(
        0, description="How many words at most; 0 is what its form has."
    )
    sections: Names = Field(
        default_factory=list, description="Only these sections, by their keys.", examples=[[]]
    )
    scale: Literal["icd203", "phia"] = Field(
        "icd203", description="The likelihood words that its linter accepts."
    )
    language: Annotated[str, Field(max_length=20)] = Field(
        "", description="Of headings and notes, by its code.", examples=["en"]
    )
    engine: Annotated[str, Field(max_length=300)] = Field("", examples=["extractive"])

    def asked(self) -> Request:
        """Return it as a request of ours."""
        return Request(
            self.topic, self.template, self.as_of, self.since, tuple(self.publishers),
            tuple(self.without), tuple(self.documents), self.audience, self.length,
            tuple(self.sections), self.scale, language=self.language,
        )  # fmt: skip


class Newer(BaseModel):
    """A later version of a document."""

    document: str
    title: str
    published: str


class Citation(BaseModel):
    """The words that a sentence rests on: `text[start:end]` of the document is `quote`."""

    number: int = Field(description="What the marker [1] in a text means.")
    label: str = Field("", description="What readers see: one number for one document.")
    document: str
    title: str
    publisher: str
    published: str
    location: str = Field(description="An address, or the place of the file.")
    page: int | None
    page_name: str
    folio: dict[str, Any]
    heading: str
    quote: str
    start: int
    end: int
    why: str
    newer: Newer | None
    row: str
    cell: dict[str, Any] | None


class Claim(BaseModel):
    """A sentence, the citations it rests on, and what the check found."""

    text: str
    citations: list[int]
    verdict: Literal["supported", "weak", "unsupported"]
    problems: list[str]
    problem_codes: list[dict[str, Any]]
    offered: list[int] = Field(description="Citations that the check added.")


class Cited(BaseModel):
    """A sentence and its citations."""

    text: str
    citations: list[int]


class Later(BaseModel):
    """What a newer document made of what an answer says."""

    text: str
    citation: int
    date: str
    change: str


class AnswerOut(BaseModel):
    """A checked answer. "declined": the library does not say it; `nearest` comes closest."""

    model_config = ConfigDict(extra="allow")

    question: str
    outcome: Literal["answered", "partly", "declined"]
    answer: str = Field(description="The sentences with [1] markers; empty where it declined.")
    claims: list[Claim]
    citations: list[Citation]
    nearest: list[Cited]
    quoted: list[Cited]
    chance: float | None
    calculation: str
    leading: int
    bullets: bool
    later: list[Later]
    follow_ups: list[str]
    not_found: list[str] = Field(description="What of the question is not answered.")
    searches: list[str]
    standalone: str
    notice: str
    engine: str
    fallback: str = Field(description="Why the engine that was asked failed, if it did.")
    usage: dict[str, Any] | None
    seconds: dict[str, float]


class Result(BaseModel):
    """A passage that was found, and why."""

    rank: int
    score: float
    why: str
    match: dict[str, Any] | None
    newer: Newer | None
    document: str
    title: str
    publisher: str
    published: str
    location: str
    page: int | None
    page_name: str
    heading: str
    start: int
    end: int
    text: str


class SearchOut(BaseModel):
    """Passages, best first."""

    query: str
    results: list[Result]


class Listed(BaseModel):
    """A document of the library."""

    model_config = ConfigDict(extra="allow")

    id: str
    title: str
    publisher: str
    published: str
    updated: str
    fetched: str
    location: str
    kind: str
    pages: int
    passages: int
    added: str
    also: list[dict[str, Any]]


class SourcesOut(BaseModel):
    """The documents of the library, the newest publication first."""

    documents: list[Listed]


class PassageOut(BaseModel):
    """A part of a document, and what stands around it."""

    document: str
    title: str
    publisher: str
    published: str
    location: str
    page: int | None
    page_name: str
    heading: str
    start: int
    end: int
    length: int = Field(description="Characters of the whole document.")
    before: str
    text: str
    after: str


class ErrorBody(BaseModel):
    """Why a request failed, in one line that says what to do."""

    message: str
    type: str
    param: str | None = None
    code: str


class ErrorOut(BaseModel):
    """A failure: it never looks like an answer."""

    error: ErrorBody


class MemoOut(BaseModel):
    """A memo that is written, and how far it is."""

    id: str
    state: Literal["waiting", "writing", "done", "failed", "stopped"]
    notice: str = Field(description="What is being written now.")
    sections: int = Field(description="Sections that are finished.")
    memo: dict[str, Any] | None = Field(
        description="Once it is done: as `briefing memo --json` prints it."
    )
    error: ErrorBody | None


__all__ = [
    "AnswerOut", "AskIn", "Bounds", "ErrorBody", "ErrorOut", "Listed", "MemoIn", "MemoOut",
    "PassageOut", "SearchIn", "SearchOut", "SourcesOut",
]  # fmt: skip
