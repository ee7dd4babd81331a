"""Measure questions about single cells of tables, in rows that stand far from their heads.

    python -m benchmarks.tables

Five invented tables of 24 to 300 rows and 6 to 49 columns lie in one library with the starter
library around them. Printed are the shares of the thirty questions whose row is in the first and
among the first five passages, and whose answer's first sentence names the row and gives the value
of the wanted column and of no other row.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.starter import add_starter
from benchmarks.retrieval import opened
from corpus.document import Document, Source
from corpus.readers.blocks import Blocks
from corpus.splitting import split
from index.ingest import embedding_texts
from index.late_interaction import embed_with_codes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, and the row and column of the cell that answers it."""

    text: str
    row: str
    value: str


_FIRST = (
    "Brave Gentle Silver Northern Amber Quiet Golden Merry Crimson Western Humble Noble".split()
)
_SECOND = (
    "Petrel Marten Heron Otter Falcon Lantern Harvest Meadow Comet Dolphin Badger Willow Anchor "
    "Sparrow Juniper Kestrel Thistle Mallard Beacon Cygnet Plover Osprey Curlew Bramble Linnet"
).split()
_PORTS = "Aldport Brenmouth Carrow Dunhaven Elsbay Fernwick".split()
_LANDS = (
    "Arvonia Belmark Castria Dorland Elvany Fenmark Galdia Hestria Ilmaria Jorvia Kelland Lostria "
    "Mervany Norland Ostavia Pelmark Quintia Rostavia Selmark Tavonia Ulmaria Vestria Wendland "
    "Yorvany"
).split()
_GOODS = (
    "copper wire|oak planks|ceramic tiles|bicycle frames|wool yarn|glass jars|steel pipes|"
    "tea leaves|cotton shirts|paper bags|rubber boots|candle wax|olive oil|leather belts|"
    "garden tools|door locks"
).split("|")


def _table(title: str, caption: str, rows: Sequence[Sequence[str]], heads: int = 1) -> Document:
    blocks = Blocks()
    blocks.heading(1, title)
    blocks.paragraph("The figures below were collected by the office and are final.")
    blocks.table(rows, heads=(heads, 1), caption=caption)
    return blocks.document(Source(title, f"tables/{title}", "The Office", "2025-03-01", "table"))


def made() -> Iterator[tuple[Document, list[Wanted]]]:
    """Yield the documents, the same at every call, each with its questions."""
    chance = random.Random(15)
    names = [f"{one} {two}" for one in _FIRST for two in _SECOND]
    chance.shuffle(names)
    ships = [
        [name, chance.choice(["trawler", "tug", "ferry", "barge"]), str(chance.randint(18, 190)),
         str(chance.randint(3, 60)), str(chance.randint(1960, 2023)), chance.choice(_PORTS)]
        for name in names
    ]  # fmt: skip
    ask_ship = (
        ("How many crew does the {} have?", 250, 3),
        ("How large is the crew of the {}?", 47, 3),
        ("How long is the {} in metres?", 133, 2),
        ("When was the {} built?", 288, 4),
        ("In which year was the ship {} built?", 199, 4),
        ("What is the home port of the {}?", 90, 5),
        ("What type of vessel is the {}?", 222, 1),
        ("Which length does the register give for the {}?", 276, 2),
        ("crew of {}", 163, 3),
        ("What home port is the {} registered in?", 295, 5),
    )
    yield (
        _table("Register of ships", "Ships", [
            ["Name", "Type", "Length (m)", "Crew", "Built", "Home port"], *ships]),
        [Wanted(q.format(ships[at][0]), ships[at][0], ships[at][column])
         for q, at, column in ask_ship],
    )  # fmt: skip
    codes = [
        f"{chance.randint(10, 99)}{number:02}.{chance.randint(10, 99)}" for number in range(96)
    ]
    duties = [
        [code, f"{_GOODS[at % 16]}, grade {'ABCDEF'[at // 16]}", f"{chance.randint(1, 399) / 10} %",
         f"{chance.randint(1, 399) / 10} %", chance.choice(["kg", "piece", "pair"])]
        for at, code in enumerate(codes)
    ]  # fmt: skip
    ask_duty = (
        ("What duty rate applies to {1} in 2024?", 61, 3),
        ("What was the 2023 rate for {1}?", 75, 2),
        ("What is the rate of 2024 for code {0}?", 88, 3),
        ("In which unit is code {0} measured?", 40, 4),
        ("What goods does code {0} stand for?", 93, 1),
        ("What rate did {1} carry in 2023?", 52, 2),
    )
    yield (
        _table("Tariff schedule", "Duty rates", [
            ["Code", "Goods", "Rate 2023", "Rate 2024", "Unit"], *duties]),
        [Wanted(q.format(*duties[at]), duties[at][1 if "{1}" in q else 0], duties[at][column])
         for q, at, column in ask_duty],
    )  # fmt: skip
    years = [str(year) for year in range(1976, 2024)]
    wide = [[land, *(f"{chance.randint(100, 99999) / 100:,}" for _ in years)] for land in _LANDS]
    ask_wide = (
        ("What were the emissions of {} in 2019?", 17, 2019),
        ("How much did {} emit in 1987?", 9, 1987),
        ("What were {}'s emissions in 2003?", 21, 2003),
        ("emissions {} 1995", 13, 1995),
        ("How high were the emissions of {} in 2022?", 5, 2022),
    )
    yield (
        _table("Emissions by country", "Emissions in million tonnes", [["Country", *years], *wide]),
        [Wanted(q.format(wide[at][0]), wide[at][0], wide[at][year - 1975])
         for q, at, year in ask_wide],
    )  # fmt: skip
    segments = ["Pumps", "Valves", "Turbines", "Filters", "Meters", "Boilers", "Cranes", "Motors"]
    regions = ["Europe", "Asia", "Americas"]
    money = [
        [f"{segment}, {region}", *(f"{chance.randint(100, 9999):,}" for _ in range(6))]
        for segment in segments for region in regions
    ]  # fmt: skip
    heads = [
        ["Segment", *["Revenue"] * 3, *["Operating profit"] * 3],
        ["", "2022", "2023", "2024", "2022", "2023", "2024"],
    ]
    ask_money = (
        ("What was the revenue of {} in 2024?", 20, 3),
        ("What operating profit did {} make in 2023?", 17, 5),
        ("What was the 2022 revenue of {}?", 14, 1),
        ("How high was operating profit at {} in 2024?", 22, 6),
        ("Revenue of {} in 2023?", 19, 2),
    )
    yield (
        _table("Segment report", "Revenue and profit (thousand crowns)", [*heads, *money], 2),
        [Wanted(q.format(money[at][0].replace(", ", " in ")), money[at][0], money[at][column])
         for q, at, column in ask_money],
    )  # fmt: skip
    staff = [
        [f"{port} {kind}", str(chance.randint(20, 900)), str(chance.randint(1, 99)),
         f"{chance.randint(1, 28)} {chance.choice(['May', 'June', 'July'])} 2024",
         chance.choice(["open", "closed", "under repair"]), chance.choice(_LANDS)]
        for port in _PORTS for kind in
        ["pilot station", "signal tower", "dry dock", "customs house", "ice depot", "fish hall",
         "rope works", "salt store", "coal yard", "lamp house"]
    ]  # fmt: skip
    ask_staff = (
        ("How many staff work at the {}?", 44, 1),
        ("When was the {} last inspected?", 51, 3),
        ("What is the status of the {}?", 37, 4),
        ("How many visitors a day does the {} have?", 58, 2),
    )
    yield (
        _table("Harbour buildings", "Buildings", [
            ["Building", "Staff", "Visitors a day", "Last inspected", "Status", "Owner"], *staff]),
        [Wanted(q.format(staff[at][0]), staff[at][0], staff[at][column])
         for q, at, column in ask_staff],
    )  # fmt: skip


def main() -> None:
    """Print the figures and the questions that went wrong."""
    with tempfile.TemporaryDirectory() as home, opened(Path(home)) as workspace:
        list(add_starter(workspace))
        embedder = workspace.document_embedder()
        wanted: list[Wanted] = []
        names: dict[str, list[str]] = {}
        with workspace.library.writing():
            for document, questions in made():
                passages = split(document, embedder.count)
                texts = embedding_texts(document.source.title, passages, embedder.count)
                vectors, tokens = embed_with_codes(embedder, texts)
                workspace.library.publish(
                    document, passages, vectors, tokens=tokens, embedder=embedder.name
                )
                wanted += questions
                table = document.tables[0]
                rows = range(table.head_rows, len(table.cells))
                said = [table.value(document.text, row, 0) for row in rows]
                lines = [document.text[slice(*table.row_span(row))] for row in rows]
                names |= {
                    one.row: [name for name, line in zip(said, lines, strict=True)
                              if one.row not in line]
                    for one in questions
                }  # fmt: skip
            workspace.indexes.update()
        first = five = cells = 0
        for one in wanted:
            found = workspace.retriever.search(one.text, limit=5)
            ranks = [
                item.label
                for item in found
                if any(
                    one.row in f"{item.passage.head} {line}" and one.value in line
                    for line in item.passage.text.splitlines()
                )
            ]
            *_, answer = ask(workspace, Question(one.text))
            told = answer.claims[0].text if answer.claims else answer.outcome
            others = [name for name in names[one.row] if name in told]
            right = one.row in told and one.value in told and not others
            first, five, cells = first + (ranks[:1] == [1]), five + bool(ranks), cells + right
            if not ranks or not right:
                print(f"{ranks[:1] or '-'} {one.text} [{one.row}: {one.value}]\n    {told[:160]}")
        count = len(wanted)
        print(f"row in the first passage {first}/{count}, in the first five {five}/{count}, "
              f"right cell in the first sentence {cells}/{count}")  # fmt: skip


if __name__ == "__main__":
    main()
