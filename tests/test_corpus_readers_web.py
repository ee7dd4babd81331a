"""Web pages: tables by rows and columns, raised letters, furniture, pages that say nothing."""

from __future__ import annotations

import pytest

from corpus.document import Document
from corpus.errors import ReadError
from corpus.readers.html import read_html
from corpus.readers.markdown import read_markdown

PROSE = (
    "The ropeworks on the river Linn employ sixty people from the two villages on its banks, and "
    "the county inspects them every autumn to see that the sheds are kept in repair."
)


def read(body: str) -> Document:
    page = (
        "<!doctype html><html><head><title>The ropeworks</title></head><body><nav><a href=/>Home"
        f"</a></nav><main><article><h1>The ropeworks</h1><p>{PROSE}</p>{body}<p>{PROSE}</p>"
        "</article></main><footer>Imprint</footer></body></html>"
    )
    return read_html(page.encode(), "/shelf/page.html")


def said(body: str) -> str:
    """Return what is read between the two paragraphs of prose."""
    before, between, after = read(body).text.split(PROSE)
    assert (before.strip(), after) == ("The ropeworks", "")
    return between.strip()


def test_spans_are_filled_in_and_empty_cells_kept():
    """A value stands under its own heads, whatever cells reach over rows and columns."""
    document = read(
        "<table><caption>Ropes (in fathoms)</caption><tr><th rowspan=2>Kind</th><th colspan=2>2024"
        "</th><th colspan=2>2025</th></tr><tr><th>Spring</th><th>Autumn</th><th>Spring</th>"
        "<th>Autumn</th></tr><tr><td>Hemp</td><td>41</td><td></td><td>38</td><td>52</td></tr>"
        "<tr><td rowspan=0>Jute</td><td>7</td><td>9</td><td>5</td><td>8</td></tr>"
        "<tr><td>6</td><td>4</td><td>3</td><td>2</td></tr></table>"
    )
    (table,) = document.tables
    assert (table.caption, table.unit, table.head_rows) == ("Ropes (in fathoms)", "fathoms", 2)
    assert table.column_heads(document.text)[3:] == ["2025 › Spring", "2025 › Autumn"]
    assert "\nHemp | 41 |  | 38 | 52\n" in document.text
    assert "\nJute | 6 | 4 | 3 | 2\n" in document.text


def test_signs_in_cells_of_their_own_join_their_figures():
    """As filings set them; the columns that hold nothing else are gone."""
    document = read(
        "<table><tr><td></td><td></td><td colspan=3>2024</td><td></td><td colspan=3>2023</td></tr>"
        "<tr><td>Revenue</td><td></td><td>$</td><td>60,922</td><td></td><td></td><td>$</td>"
        "<td>26,974</td><td></td></tr><tr><td>Growth</td><td></td><td></td><td>(126</td><td>)%</td>"
        "<td></td><td colspan=2>12</td><td>%</td></tr></table>"
    )
    (table,) = document.tables
    assert table.column_heads(document.text) == ["", "2024", "2023"]
    assert "Revenue | $60,922 | $26,974\nGrowth | (126)% | 12%" in document.text


def test_a_unit_in_a_column_of_its_own_stays_there():
    """Under a head of its own "%" is a value and no sign of the figure beside it."""
    table = "<table><tr><th>What</th><th>Value</th><th>Unit</th></tr>{}</table>"
    rows = "<tr><td>Tar</td><td>12</td><td>%</td></tr><tr><td>Hemp</td><td>88</td><td>%</td></tr>"
    assert "Tar | 12 | %\nHemp | 88 | %" in said(table.format(rows))


def test_parts_of_a_table_come_in_the_order_in_which_they_are_shown():
    """A foot that stands first in the page is the last row; rows have names of their own."""
    document = read(
        "<table><thead><tr><th>Rope</th><th>Price</th></tr></thead><tfoot><tr><td>Both</td>"
        "<td>42</td></tr></tfoot><tbody><tr><th scope=row>Hemp</th><td>30</td></tr></tbody>"
        "<tbody><tr><th scope=row>Jute</th><td>12</td></tr></tbody></table>"
    )
    (table,) = document.tables
    assert "Rope | Price\nHemp | 30\nJute | 12\nBoth | 42" in document.text
    assert (table.head_rows, table.row_head(document.text, 2)) == (1, "Jute")


def test_a_table_that_lays_out_a_page_is_prose_and_the_one_in_it_a_table():
    """Its cells are read one after the other; a table within keeps its rows and columns."""
    document = read(
        "<table><tr><td><h2>Left</h2><p>Words on the left.</p></td><td><table><tr><th>Rope</th>"
        "<th>Price</th></tr><tr><td>Hemp</td><td></td></tr><tr><td>Jute</td><td>12</td></tr>"
        "</table></td></tr></table>"
    )
    assert "Left\n\nWords on the left.\n\nRope | Price\nHemp\nJute | 12" in document.text
    assert [heading.title for heading in document.headings] == ["The ropeworks", "Left"]
    assert len(document.tables) == 1


def test_hostile_spans_end_soon():
    """Spans of a million places, rows of one cell under a row of thousands: read in time."""
    spans = "<tr><td rowspan=99999 colspan=99999>x</td></tr>" * 100
    uneven = f"<tr>{'<td>x</td>' * 2_000}</tr>" + "<tr><td>y</td></tr>" * 2_000
    assert "x" in said(f"<table>{spans}</table>")
    assert "y" in said(f"<table>{uneven}</table>")


def test_a_grid_of_roles_is_a_table():
    """What calls itself rows and cells is read as such."""
    cell = "<span role={}>{}</span>"
    head = "".join(cell.format("columnheader", one) for one in ("Rope", "Price"))
    row = "".join(cell.format("cell", one) for one in ("Hemp", "30"))
    document = read(f"<div role=table><div role=row>{head}</div><div role=row>{row}</div></div>")
    assert document.tables[0].column_heads(document.text) == ["Rope", "Price"]


def test_terms_and_values_are_lines():
    """Lists of definitions, and elements that are a label and its value."""
    assert said("<dl><dt>Depth</dt><dd>7 metres</dd><dt>Fee:<dd>30 crowns</dl>") == (
        "Depth: 7 metres\nFee: 30 crowns"
    )
    pair = "<div><span class=label>{}</span> <span class=value>{}</span></div>"
    assert said(pair.format("Depth", "7 metres") + pair.format("Fee", "30 crowns")) == (
        "Depth: 7 metres\nFee: 30 crowns"
    )


def test_a_box_of_facts_is_the_articles_own_with_its_links():
    """A table in an aside, and the names in a list of links within it."""
    text = said(
        "<aside class=infobox><table><tr><th>Founders</th><td><ul><li><a href=/a>Aron Falk</a></li>"
        "<li><a href=/b>Beda Holm</a></li></ul></td></tr><tr><th><a href=/n>Net income</a></th>"
        "<td>2.9 million crowns</td></tr></table></aside>"
    )
    assert text == "Founders | Aron Falk, Beda Holm\nNet income | 2.9 million crowns"


@pytest.mark.parametrize(
    "furniture",
    [
        "<aside class=related><h3>Related</h3><ul><li><a href=/1>A story of elsewhere</a></li>"
        "<li><a href=/2>Another of elsewhere</a></li></ul></aside>",
        "<h2>Read more</h2><ul><li><a href=/1>A story of elsewhere</a></li>"
        "<li><a href=/2>Another of elsewhere</a></li></ul>",
        "<div class=newsletter><p>Stories of elsewhere in your letter box. Join us.</p></div>",
        "<nav class=breadcrumb><a href=/>Elsewhere</a></nav>",
    ],
    ids=["an aside", "a list under its heading", "a newsletter", "the way here"],
)
def test_what_leads_elsewhere_is_no_part_of_the_article(furniture):
    """Related links and the like go with the heading that names them."""
    assert said(f"<p>Words between.</p>{furniture}") == "Words between."


def test_nothing_of_the_articles_own_is_taken_for_furniture():
    """A box of text, a list of links between paragraphs, a closed part, what a tab opens."""
    text = said(
        "<aside><p>A box with words of its own on tar.</p></aside><ul><li><a href=/f>Aron Falk</a>"
        "</li><li><a href=/g>Beda Holm</a></li></ul><details><summary>Prices</summary><p>Hemp is "
        "dear.</p></details><h3><button aria-controls=t class=accordion>Fees</button></h3>"
        "<div id=t hidden><p>The fee is 30 crowns.</p></div><figure><img alt=picture src=m.png>"
        "<figcaption>The shed in 1934.</figcaption></figure>"
    )
    assert text == (
        "A box with words of its own on tar.\n\n- Aron Falk\n- Beda Holm\n\nPrices\n\nHemp is dear."
        "\n\nFees\n\nThe fee is 30 crowns.\n\nThe shed in 1934."
    )


def test_raised_letters_and_marks_of_footnotes():
    """Exponents stay, marks go, the footnote's own text stays under its number."""
    text = said(
        "<p>The pool is 12<sup>3</sup> fathoms deep, holds 10<sup>5</sup> litres of "
        "H<sub>2</sub>O<sup id=r><a href='#fn1'>[1]</a></sup> on 40 m<sup>2</sup>, as of the "
        "15<sup>th</sup>, and the shed<a class=footnote-ref href='#fn2'>2</a> is old; 10"
        "<span style='vertical-align: super'>25</span> and (<span class=super>7</span>).</p>"
        "<p><sup>3</sup>Of six feet.</p>"
    )
    assert text == (
        "The pool is 12 fathoms deep, holds 10^5 litres of H2O on 40 m^2, as of the 15th, and the "
        "shed is old; 10^25 and (7).\n\n[3] Of six feet."
    )


def test_struck_out_words_are_left_out_and_counted():
    """The sentence reads as it stands now; what nothing closed is no correction."""
    document = read(
        "<p>It opens at <del>six</del> <ins>nine</ins>; the toll is <s>3</s> 5 crowns, not "
        "<span style='text-decoration: line-through'>four</span>.</p>"
    )
    assert "It opens at nine; the toll is 5 crowns, not ." in document.text
    assert document.left_out_counts == {"deleted words": 3}
    unclosed = f"<s><p>{PROSE}</p>" + f"<p>{PROSE}</p>" * 20
    assert PROSE in read_html(f"<body><h1>Toll</h1>{unclosed}".encode(), "/x").text


def test_equations_are_text():
    """MathML as it is shown, TeX where the page carries that."""
    formula = (
        "<math><mi>x</mi><mo>=</mo><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn>"
    )
    assert said(f"<p>So {formula}</mfrac></math> holds.</p>") == "So x = (a + b)/2 holds."
    tex = "<math><mi>x</mi><annotation encoding='application/x-tex'>x^{2}</annotation></math>"
    assert said(f"<p>So {tex} holds.</p>") == "So x^{2} holds."


def test_lines_of_an_address_stay_and_wrapped_lines_join():
    """By whether the next word would have fitted into the line before the break."""
    assert (
        said("<p>Una Brandt<br>12 Dock Street<br>Vastby</p>")
        == "Una Brandt\n12 Dock Street\nVastby"
    )
    assert said(f"<p>{PROSE[:86]}<br>{PROSE[87:].lower()}</p>").count("\n") == 0


def test_frames_are_read_or_named():
    """What a frame carries with it is read; one that only points elsewhere is named."""
    document = read(
        "<iframe srcdoc='&lt;p&gt;Framed words.&lt;/p&gt;'></iframe>"
        "<iframe src='https://maps.example/linn.html'></iframe>"
    )
    assert "\n\nFramed words.\n\n" in document.text
    assert [str(one) for one in document.left_out] == ["1 frame (https://maps.example/linn.html)"]
    assert document.left_out[0].missed


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<div id=root></div><noscript>Enable JavaScript.</noscript>", "drawn by scripts"),
        ("<p>You need to enable JavaScript to run this app.</p>", "drawn by scripts"),
        ("<h1>Just a moment...</h1><p>Checking your browser before you go on.</p>", "access"),
        ("<h1>Access Denied</h1><p>You don't have permission to access this page.</p>", "access"),
        (
            "<p>We use cookies to serve you better.</p><p>Accept all cookies</p>",
            "asks about cookies",
        ),
        ("<p>This page has moved. You are being redirected.</p>", "leads to another"),
        ("<p>Subscribe to continue reading. Already a subscriber? Log in.</p>", "subscribers"),
    ],
    ids=["empty", "scripts", "a check", "denied", "cookies", "moved", "paywall"],
)
def test_a_page_that_stands_in_for_another_is_refused(body, reason):
    """It holds nothing to read, and the line says what to do."""
    with pytest.raises(ReadError, match=reason) as refused:
        read_html(f"<html><body>{body}</body></html>".encode(), "/shelf/page.html")
    assert refused.value.reason == "empty"


def test_a_page_about_such_things_is_read():
    """A short article that speaks of scripts or cookies is no page that asks for them."""
    for about in (
        "The council will enable JavaScript on its site.",
        "We use cookies, the baker said.",
    ):
        text = read_html(f"<h1>News</h1><p>{PROSE}</p><p>{about}</p>".encode(), "/x").text
        assert about in text


def test_the_beginning_before_a_paywall_is_read_and_the_rest_named():
    """Two sentences are what there is; the report says that more of it was not here."""
    body = f"<h1>Toll</h1><p>{PROSE} {PROSE}</p><p>Subscribe to continue reading.</p>"
    document = read_html(body.encode(), "/x")
    assert PROSE in document.text
    assert document.left_out_counts == {"parts behind a paywall": 1}


def test_markdown_has_the_same():
    """Empty cells, HTML tables in it, raised and lowered letters, footnotes with their text."""
    document = read_markdown(
        "# Ropes\n\n| Month | Hemp | Jute |\n|:--|--:|:-:|\n| May | | 9 |\n| June | 7 | |\n\n"
        "About 10^25^ or 10<sup>5</sup> metres[^a], H~2~O and ~~old~~ new.\n\n"
        "<table><tr><th>A</th><th>B</th></tr><tr><td></td><td>4</td></tr></table>\n\n"
        "[^a]: As the guild says.\n",
        "/shelf/ropes.md",
    )
    assert "Month | Hemp | Jute\nMay |  | 9\nJune | 7\n" in document.text
    assert "About 10^25 or 10^5 metres, H2O and new." in document.text
    assert "\nA | B\n | 4\n" in document.text and document.text.endswith("[a] As the guild says.")
    assert len(document.tables) == 2


def test_a_number_that_links_is_no_part_of_the_number_before_it():
    """Markdown and pages cite with a low number in a link; set apart by a space it stays one."""
    web = read(
        '<p>It cost 214<a href="/a">1</a> marks, and half<a href="/b">[2]</a> was sand; '
        'see part 3.<a href="/c">4</a>, Q<a href="/d">3</a> and <a href="/e">2024</a>.</p>'
    )
    assert "It cost 214 marks, and half was sand; see part 3.4, Q3 and 2024." in web.text
    mark = read_markdown(
        "# Weir\n\nIt cost 214[1](http://a.example) marks[[2]](http://b.example) "
        "and 30 [3] oars.\n\n"
        "[3]: http://c.example\n",
        "/shelf/weir.md",
    )
    assert mark.text == "Weir\n\nIt cost 214 marks and 30 [3] oars."


def test_a_list_of_links_that_a_sentence_opens_is_of_the_text():
    """Whatever stands behind it; one that nothing opens leads elsewhere."""
    links = "".join(f"<li><a href=/{one}>{one}</a></li>" for one in ("Ada Brandt", "Wim Oster"))
    page = f"<h1>Guild</h1><p>Its members are:</p><ul>{links}</ul><p>{PROSE}</p><p>{PROSE}</p>"
    assert "Wim Oster" in read_html(f"<article>{page}</article>".encode(), "/x").text
    other = page.replace("Its members are:", "Read more")
    assert "Wim Oster" not in read_html(f"<article>{other}</article>".encode(), "/x").text


def test_a_line_over_the_whole_table_is_the_head_of_no_column():
    """What stands below the heads names the rows that follow it."""
    document = read(
        "<table><tr><th></th><th>2024</th><th>2025</th></tr><tr><th colspan=3>Dues</th></tr>"
        "<tr><th>Boats</th><td>120</td><td>118</td></tr><tr><th colspan=3>Rent</th></tr>"
        "<tr><th>Halls</th><td></td><td>31</td></tr></table>"
    )
    (table,) = document.tables
    assert table.column_heads(document.text) == ["", "2024", "2025"]


def test_what_stands_for_frames_and_in_components_is_read():
    """The page that is shown without frames, and the shadow tree of a saved component."""
    frames = (
        "<html><head><title>Nets</title></head><frameset cols='20%,80%'><frame src=menu.html>"
        "<noframes><body><p>The museum shows 88 nets.</p></body></noframes></frameset></html>"
    )
    document = read_html(frames.encode(), "/x")
    assert document.text == "The museum shows 88 nets." and document.left_out[0].kind == "frames"
    shown = read("<div><template shadowrootmode=open><p>Monday from nine.</p></template></div>")
    assert "Monday from nine." in shown.text


def test_a_time_below_the_heading_and_when_singlefile_saved_a_page():
    """The one is when it was published, the other when it was fetched."""
    page = (
        "<!doctype html><html lang=en><!--\n Page saved with SingleFile \n url: https://a.example/p\n"
        " saved date: Tue Feb 03 2026 10:00:00 GMT+0100 (Central European Standard Time)\n-->"
        "<title>Dues rise</title><body><div><h1>Dues rise</h1>"
        f"<time datetime=2026-01-30T09:00Z>January 30</time><p>{PROSE}</p></div></body></html>"
    )
    source = read_html(page.encode(), "/x").source
    assert (source.published, source.updated, source.fetched) == ("2026-01-30", "", "2026-02-03")


def test_no_cell_of_a_markdown_table_is_dropped():
    """Nor one beyond its head, nor what a bar within code would part; a fence stays as it is."""
    document = read_markdown(
        "# Log\n\n| Key | Use |\n|---|---|\n| `a|b` | either |\n| c | one | and more |\n\n"
        "```\n| x | y |\n|---|---|\n| 1 | 2 | 3 |\n```\n",
        "/shelf/log.md",
    )
    assert "\na|b | either\nc | one | and more\n" in document.text
    assert "|---|---|\n| 1 | 2 | 3 |" in document.text


def test_markdown_keeps_lines_of_values_and_reads_what_stands_at_its_head():
    """As MultiMarkdown writes title and date; powers as TeX writes them."""
    document = read_markdown(
        "Title: Fares of the ferry\nDate: 3 February 2026\n\nChild: 7 crowns\nBike: 3 crowns\n\n"
        "It made $10^{25}$ steps.\n",
        "/shelf/f.md",
    )
    assert document.text == "Child: 7 crowns\nBike: 3 crowns\n\nIt made 10^25 steps."
    assert (document.source.title, document.source.published) == (
        "Fares of the ferry", "2026-02-03",
    )  # fmt: skip
