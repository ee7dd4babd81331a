"""Calculations over tables: right where every word of the question has its place, else none."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engine import Task
from assistant.extractive_engine import picked_sentences
from assistant.retrieval.sentence_ranking import RankedSentence
from assistant.tables.table_calculation import Calculation, calculated
from assistant.tables.table_lookup import looked_up
from assistant.tables.table_questions import calculation_asked
from corpus.cells import rows_in
from corpus.document import Document
from corpus.readers import read
from corpus.splitting import split
from index.evidence import Evidence

SHIPS = """# Register of Vike

Ships of the harbour

| Name | Type | Crew | Length (m) | Built | Owner |
|---|---|---|---|---|---|
| Zelda 5 | tug | 12 | 31 | 12 May 1998 | Vike Harbour |
| Orla 3 | barge | 4 | 58.5 | 3 March 2004 | Corva Lines |
| Brave Heron | tug | 11 | 29 | 1 July 2011 | Vike Harbour |
| Amber | ferry | 25 | 102 | 9 June 2015 | Corva Lines |
| Merry Otter | barge | 3 | 61 | 20 May 2004 | Corva Lines |
"""
LENSES = """# The makers of Sava lenses compared

| Maker | Staff | Lenses in 2023 | Lenses in 2024 | Price in crowns |
|---|---|---|---|---|
| Ardent Optics | 320 | 1,900 | 2,100 | 8,400 |
| Brill & Son | 75 | 700 | 640 | 12,900 |
| Corva Glass | 150 | 1,100 | 1,450 | 6,750 |
"""
SALES = """# Annual report of Holm Pumps

Table 1. Sales in million crowns

| Product | 2023 | 2024 | Share |
|---|---|---|---|
| Pumps | 410 | 498 | 62.5% |
| Valves | 120 | 160 | 20% |
| Meters | 131 | 140 | 17.5% |
| Total | 661 | 798 | 100% |
"""
MODELS = """# Language models

| Model | Total parameters | Active parameters | Context | Released |
|---|---|---|---|---|
| Alva-2 | 236B | 21B | 128K | May 2024 |
| Alva-3 | 671B | 37B | 128K | December 2024 |
| Brix | 1.6T | 49B | 1M | April 2026 |
"""
DOUBTFUL = """# Ferries

| Ferry | Fare | Weight | Speed | Seats | Cars |
|---|---|---|---|---|---|
| Una | $30 | 12 kg | 20–25 | 40 | 5 |
| Linn | €25 | 900 g | 18–20 | – | about 9 |
| Tarn | $28 | 11 kg | 19 | 38 | 7 |
"""
SCORES = """# Tests of models

| Benchmark | Alva | Brix | Corda |
|---|---|---|---|
| MMLU | 78.1 | 88.5 | 80.2 |
| MATH | 61.6 | 90.2 | 74.5 |
"""
CHINESE = """# 镜片厂商

| 公司 | 价格 | 员工 |
|---|---|---|
| 阿登光学 | 8400 | 320 |
| 布里尔 | 12900 | 75 |
| 科尔瓦 | 6750 | 150 |
"""
CROPS = "Land,Crop,Harvest (tonnes)\nNorland,wheat,1200\nSudland,wheat,900\nOstland,rye,1500\n"
SEASONS = """<html><head><title>Catches on the Ude</title></head><body><h1>Catches on the Ude</h1>
<p>Catches of fish in the river Ude are counted every year by the keepers of its weirs.</p><table>
<tr><th rowspan=2>Species</th><th colspan=2>2024</th><th colspan=2>2025</th></tr>
<tr><th>Spring</th><th>Autumn</th><th>Spring</th><th>Autumn</th></tr>
<tr><td>Pike</td><td>41</td><td>30</td><td>38</td><td>52</td></tr>
<tr><td>Eel</td><td>7</td><td>9</td><td>5</td><td>8</td></tr>
</table></body></html>"""
FILES = {
    "ships.md": SHIPS, "lenses.md": LENSES, "sales.md": SALES, "models.md": MODELS,
    "doubtful.md": DOUBTFUL, "scores.md": SCORES, "chinese.md": CHINESE, "crops.csv": CROPS,
    "seasons.html": SEASONS,
}  # fmt: skip


def document(folder: Path, name: str) -> Document:
    """Return a document read as one that is added."""
    path = folder / name
    path.write_text(FILES[name], encoding="utf-8")
    return read(path)


def evidence(document: Document, *, part: bool = False) -> list[Evidence]:
    """Return a document's passages as they are found; `part`: only the end of its table."""
    passages = split(document, lambda texts: [len(text.split()) for text in texts])
    if part:
        table = document.tables[0]
        passages = [document.passage(table.row_span(len(table.cells) - 1)[0], table.end)]
    return [
        Evidence(label, one, document.source, 1.0, "", rows=rows_in(document, one.start, one.end))
        for label, one in enumerate(passages, start=1)
    ]


def ask(folder: Path, name: str, question: str, *, part: bool = False) -> Calculation | None:
    """Return what is calculated over the table of a file."""
    one = document(folder, name)
    return calculated(
        calculation_asked(question), evidence(one, part=part), {one.id: one}.__getitem__
    )


# File, question, and what the sentence of the answer says.
RIGHT = [
    ("ships.md", "Which ship is the longest?", ["Amber", "highest", "102"]),
    ("ships.md", "What is the longest ship?", ["Amber", "102"]),
    ("ships.md", "which ship has the smallest crew", ["Merry Otter", "lowest", "3"]),
    ("ships.md", "Which ship has the most crew members?", ["Amber", "25"]),
    ("ships.md", "Which is the oldest ship?", ["Zelda 5", "earliest", "12 May 1998"]),
    ("ships.md", "Which ship was built last?", ["Amber", "latest", "9 June 2015"]),
    ("ships.md", "Which barge is the longest?", ["Merry Otter", "61", "2 rows"]),
    ("ships.md", "Which tug was built first?", ["Zelda 5", "12 May 1998"]),
    ("ships.md", "How many ships have more than ten crew?",
     ["Of 5 ships",
      "3 have more than ten under “Crew”", "Zelda 5 (12)", "Brave Heron (11)", "Amber (25)"]),
    ("ships.md", "How many ships have a crew of fewer than 5?",
     ["2 have ", "under “Crew", "Orla 3 (4)"]),
    ("ships.md", "How many ships are longer than 60 m?",
     ["2 have ", "under “Length", "Amber (102)"]),
    ("ships.md", "How many ships were built after 2004?",
     ["2 have ", "under “Built", "Brave Heron", "Amber"]),
    ("ships.md", "How many ships were built before 2004?", ["1 has ", "under “Built", "Zelda 5"]),
    ("ships.md", "How many ships were built in 2004?", ["2 have", "Orla 3 and Merry Otter"]),
    ("ships.md", "How many tugs have more than 11 crew?",
     ["1 has ", "under “Crew", "Zelda 5 (12)"]),
    ("ships.md", "How many ships are barges?", ["Of 5", "2 have", "Orla 3 and Merry Otter"]),
    ("ships.md", "How many ships does Corva Lines own?", ["3 have", "Amber"]),
    ("ships.md", "How many ships are owned by Corva Lines?", ["3 have", "Amber"]),
    ("ships.md", "How many ships have 12 crew or more?",
     ["2 have ", "under “Crew", "Zelda 5", "Amber (25)"]),
    ("ships.md", "How many ships have between 4 and 12 crew?",
     ["3 have ", "under “Crew", "Brave Heron"]),
    ("ships.md", "What is the total crew of the ships?", ["adds up to 55"]),
    ("ships.md", "How many crew do the tugs have together?", ["adds up to 23", "2 rows"]),
    ("ships.md", "What is the average length of the ships?", ["is 56.3"]),
    ("ships.md", "How much longer is Amber than Zelda 5?", ["a difference of 71"]),
    ("ships.md", "How many more crew does Amber have than Orla 3?", ["a difference of 21"]),
    ("ships.md", "How many times as long is Amber as Brave Heron?", ["3.52 times"]),
    ("lenses.md", "Who makes the cheapest lenses?", ["Corva Glass", "6,750"]),
    ("lenses.md", "Which maker made the most lenses in 2024?", ["Ardent Optics", "2,100"]),
    ("lenses.md", "Which maker has the most expensive lenses?", ["Brill & Son", "12,900"]),
    ("lenses.md", "Which maker made the fewest lenses in 2023?", ["Brill & Son", "700"]),
    ("lenses.md", "How many lenses did the three makers make together in 2024?", ["4,190"]),
    ("lenses.md", "Which maker employs the most people?", ["Ardent Optics", "320"]),
    ("lenses.md", "How many makers have fewer than 200 employees?", ["2 have ", "under “Staff"]),
    ("lenses.md", "What is the difference in price between Brill & Son and Corva Glass?",
     ["a difference of 6,150"]),
    ("sales.md", "Which product sells most in 2024?", ["Pumps", "498", "Valves (160)"]),
    ("sales.md", "What were the total sales in 2023?", ["adds up to 661", "Meters (131)"]),
    ("sales.md", "Which product had the lowest sales in 2024?", ["Meters", "140"]),
    ("sales.md", "Which product has the largest share?", ["Pumps", "62.5%"]),
    ("models.md", "Which model has the most total parameters?", ["Brix", "1.6T", "Alva-3 (671B)"]),
    ("models.md", "Which model has the fewest active parameters?", ["Alva-2", "21B"]),
    ("models.md", "Which is the newest model?", ["Brix", "April 2026"]),
    ("models.md", "How many models have more than 30 billion active parameters?",
     ["2 have ", "under “Active parameters", "Alva-3 (37B)"]),
    ("models.md", "How many models are there?", ["lists 3 models", "Alva-2, Alva-3 and Brix"]),
    ("models.md", "Which model has the longest context?", ["Brix", "1M"]),
    ("scores.md", "Which model has the highest MMLU?", ["Brix", "88.5", "Corda (80.2)"]),
    ("scores.md", "Which model has the lowest score on MATH?", ["Alva", "61.6"]),
    ("chinese.md", "哪家公司的价格最低？", ["科尔瓦", "6750"]),
    ("chinese.md", "哪家公司员工最多？", ["阿登光学", "320"]),
    ("chinese.md", "多少家公司的员工超过100？", ["阿登光学", "2 have"]),
    ("crops.csv", "Which land has the largest harvest?", ["Ostland", "1500"]),
    ("crops.csv", "What is the total harvest of wheat?", ["adds up to 2,100"]),
    ("seasons.html", "Which species had the highest catches in spring 2025?", ["Pike", "38"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "question", "wanted"), RIGHT)
def test_a_calculation_is_made_over_the_whole_table(
    tmp_path: Path, name: str, question: str, wanted: list[str]
) -> None:
    """Also where only its last row was found; the rows that it names are cited as they stand."""
    for part in (False, True):
        found = ask(tmp_path, name, question, part=part)
        assert found is not None and not found.refused, found
        assert all(words in found.sentence for words in wanted), found.sentence
        text = document(tmp_path, name).text
        assert found.rows and found.working
        for start, end in found.rows:
            assert found.table[0] <= start < end <= found.table[1]
            assert text[start:end] in text.splitlines()


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("models.md", "How many parameters does Alva-3 have?"),
        ("models.md", "How many total parameters does Alva-3 have?"),
        ("models.md", "What is the total parameter count of Alva-3?"),
        ("models.md", "Alva-3 total and active parameters"),
        ("models.md", "When was Brix released?"),
        ("models.md", "Which model is the most famous?"),
        ("models.md", "Which model has the most parameters in Europe?"),
        ("models.md", "Who released the first model?"),
        ("models.md", "How many models did Holm release in 2025?"),
        ("models.md", "How many people work on Brix?"),
        ("ships.md", "How many crew does the Zelda 5 have?"),
        ("ships.md", "How many ships sank?"),
        ("ships.md", "How many ships are there?"),
        ("ships.md", "How many ships are not barges?"),
        ("ships.md", "Which ship is the second longest?"),
        ("ships.md", "How long is the Amber?"),
        ("ships.md", "What is most important for a ship?"),
        ("ships.md", "Which ship is at least 100 m long?"),
        ("ships.md", "Why is the Amber the longest ship?"),
        ("lenses.md", "How many lenses did Corva Glass make in 2024?"),
        ("lenses.md", "Who makes the cheapest mirrors?"),
        ("lenses.md", "Which maker sold the most lenses in 2019?"),
        ("lenses.md", "How many Sava lenses may a maker export per year today?"),
        ("lenses.md", "Who makes the cheapest lenses and where is its plant?"),
        ("sales.md", "How much did Pumps sell in 2024?"),
        ("scores.md", "What is the MMLU score of Brix?"),
        ("chinese.md", "科尔瓦有多少员工？"),
    ],
)
def test_what_asks_for_no_calculation_or_names_something_else_gets_none(
    tmp_path: Path, name: str, question: str
) -> None:
    """The answer of a plain question is a cell; a word that the table lacks means another thing."""
    assert ask(tmp_path, name, question) is None


@pytest.mark.parametrize(
    ("name", "question", "why"),
    [
        ("doubtful.md", "Which ferry has the lowest fare?", "“Fare” mixes units"),
        ("doubtful.md", "Which is the heaviest ferry?", "“Weight” mixes units"),
        (
            "doubtful.md",
            "Which is the fastest ferry?",
            "more than one number",
        ),
        ("doubtful.md", "Which ferry has the most seats?", "“Seats” has cells without a value"),
        ("doubtful.md", "How many cars do the ferries hold in total?", "only rough"),
        ("lenses.md", "Which maker made the most lenses?", "“Lenses in 2023” and “Lenses in 2024”"),
        ("ships.md", "Which ship has the highest owner?", "“Owner” has cells that are no numbers"),
    ],
)
def test_a_column_that_cannot_be_calculated_is_said_to_be_none(
    tmp_path: Path, name: str, question: str, why: str
) -> None:
    """Nothing is guessed: the reason is told."""
    found = ask(tmp_path, name, question)
    assert found is not None and why in found.refused, found
    assert not found.sentence and not found.rows


def test_a_row_of_totals_is_left_out_and_told(tmp_path: Path) -> None:
    """It would be counted twice."""
    found = ask(tmp_path, "sales.md", "What is the average of sales in 2024?")
    assert found is not None and "is 266:" in found.sentence
    assert "3 rows" in found.working and "the row “Total” left out" in found.working


def test_a_table_that_goes_on_in_another_is_not_calculated(tmp_path: Path) -> None:
    """The largest of a part need not be the largest."""
    head, *body = LENSES.partition("| Maker")[2].splitlines()
    more = f"\n\nFurther makers\n\n| Maker{head}\n{body[0]}\n| Delft Ray | 10 | 1 | 2 | 3 |\n"
    FILES["more.md"] = LENSES + more
    found = ask(tmp_path, "more.md", "Who makes the cheapest lenses?")
    assert found is not None and found.refused == "the table goes on in another one"


def test_the_row_of_another_thing_is_no_second_sentence(tmp_path: Path) -> None:
    """However like its name is; a question about two things gets both."""
    one = document(tmp_path, "ships.md")
    rows = [
        RankedSentence(
            1, row.start, row.end, row.cells[0].text, frozenset(row.cells[0].text), 0.8, row
        )
        for row in rows_in(one, 0, len(one.text))
        if row.cells[0].text in ("Orla 3", "Zelda 5")
    ]
    assert len(rows) == 2
    assert len(picked_sentences(Task("How many crew does the Zelda 5 have?", (), rows))) == 1
    assert len(picked_sentences(Task("How many crew do Zelda 5 and Orla 3 have?", (), rows))) == 2


@pytest.mark.parametrize(
    ("name", "row", "question", "words"),
    [
        ("models.md", "Alva-3", "How many total parameters does Alva-3 have?",
         "Total parameters, Alva-3: 671B"),
        ("ships.md", "Zelda 5", "How many crew does the Zelda 5 have?", "Crew, Zelda 5: 12"),
        ("ships.md", "Amber", "When was the Amber built?", "Built, Amber: 9 June 2015"),
        ("ships.md", "Amber", "How long is the Amber?", "Length (m), Amber: 102"),
        ("ships.md", "Amber", "What is the crew of the Amber?", "Crew, Amber: 25"),
        ("sales.md", "Pumps", "What were the sales of Pumps in 2024?",
         "2024, Pumps: 498 (Table 1. Sales in million crowns)"),
        ("lenses.md", "Corva", "How many lenses did Corva Glass make in 2024?",
         "Lenses in 2024, Corva Glass: 1,450"),
        ("seasons.html", "Pike", "What was the catch of pike in autumn 2025?",
         "2025 › Autumn, Pike: 52"),
        ("lenses.md", "Corva", "Tell me about Corva Glass",
         "Maker: Corva Glass; Staff: 150; Lenses in 2023: 1,100; Lenses in 2024: 1,450; "
         "Price in crowns: 6,750"),
    ],
)  # fmt: skip
def test_the_cell_that_is_asked_for_is_told_with_its_heads(
    tmp_path: Path, name: str, row: str, question: str, words: str
) -> None:
    """Column, row and value; the title where only it tells what the number counts."""
    one = document(tmp_path, name)
    rows = rows_in(one, 0, len(one.text))
    (found,) = [item for item in rows if item.cells[0].text.startswith(row)]
    assert looked_up(question, found) == words
