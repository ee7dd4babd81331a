"""Titles and publishers that are none: names of programs, of templates, of files."""

from __future__ import annotations

import re

_PROGRAM = (
    r"(?:saved by )?(?:windows )?(?:microsoft|ms)?[ ®™]*(?:office )?(?:word|excel|powerpoint|"
    r"outlook|internet explorer|publisher|onenote|edge|office|office user)|"
    r"saved by .*|(?:mozilla )?firefox|(?:google )?chrome|(?:apple )?safari|blink|"
    r"libre ?office(?: \w+)?|open ?office(?:\.org)?(?: \w+)?|wordpress(?:\.com|\.org)?|joomla!?|"
    r"drupal|hugo|jekyll|gatsby|wix(?:\.com)?|squarespace|webflow|ghost|typo3|"
    r"mediawiki|notion|google docs|"
    r"(?:adobe )?(?:indesign|acrobat(?: \w+)?|illustrator|photoshop|framemaker)(?: \w+)?|"
    r"quarkxpress|(?:pdf|xe|lua)?(?:la)?tex|dvips|ghostscript|prince|wkhtmltopdf|pandoc|typst|"
    r"python-docx|openpyxl|reportlab|apache poi|evernote|canva|keynote|pages|numbers|root|admin|"
    r"administrator|user|unknown|author|owner|guest|editor"
)
_PROGRAM_NAME = re.compile(rf"(?:{_PROGRAM})(?:[ /-]?v?\d[\w.]*)*", re.IGNORECASE)
# What programs write where nobody gave a title.
_TEMPLATE = re.compile(
    r"[(\[{<%]*(?:untitled|unnamed|anonymous|unspecified|no title|title|none|null|undefined|n/?a|"
    r"new (?:document|page|post|presentation|spreadsheet)|document|presentation|workbook|book|"
    r"sheet|slide|page|home(?: ?page)?|index|welcome|default|main|sample page|article|"
    r"hello world!?|"
    r"powerpoint[ -](?:presentation|präsentation)|présentation(?: powerpoint)?|"
    r"presentación(?: de powerpoint)?|dokument|documento|diapositive|diapositiva|folie|"
    r"just another wordpress site|insert title here|your title(?: here)?|(?:document|page) title|"
    r"title of (?:the )?(?:document|paper|report)|click to (?:add|edit).*|lorem ipsum.*|"
    r"ohne titel|unbenannt|sans titre|sin título|senza titolo|sem título|naamloos|"
    r"startseite|accueil|inicio|首页|主页|无标题(?:文档)?|未命名|文档|演示文稿|"
    r"新建 ?microsoft \w+ ?(?:文档|演示文稿|工作表)?|無題|名称未設定)[ _-]*\d*[)\]}>%]*"
    r"(?:[ _-]\(?\d+\)?)?",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:microsoft \w+ - .*|[^\s/]+(?: [^\s/]+){0,5})"
    r"\.(?:docx?|odt|rtf|pdf|indd|tex|dvi|qxd|pptx?|xlsx?|html?|xml|xhtml|md|txt|aspx?|php|"
    r"p65|pub)|"
    r"microsoft (?:word|powerpoint|excel) - .*|[\W\d_]*",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s+(?:[|·•–—:-]|::|»|«)\s+|\s*\|\s*")
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s+(?=[A-ZÀ-Þ])", re.IGNORECASE)


def real_title(title: str, publisher: str = "") -> str:
    """Return a title without its site's name, "" where it is a program's, a template's, a file's.

    "Pier opens | Harbour Post" of the Harbour Post is "Pier opens".
    """
    parts = [(one.start(), one.end()) for one in _PARTS.finditer(title)]
    while parts and publisher and _same(title[parts[-1][1] :], publisher):
        title = title[: parts.pop()[0]]
    if parts and publisher and _same(title[: parts[0][0]], publisher):
        title = title[parts[0][1] :]
    title = title.strip()
    nameless = any(one.fullmatch(title) for one in (_TEMPLATE, _FILE, _PROGRAM_NAME))
    return "" if nameless or (publisher and _same(title, publisher)) else title


def real_publisher(name: str) -> str:
    """Return a publisher's name, "" where it is that of a program, of a template or of an author.

    "By Ann Smith" names an author.
    """
    name = name.strip().strip("<>\"'").strip()
    for one in (_PROGRAM_NAME, _TEMPLATE, _FILE):
        if one.fullmatch(name):
            return ""
    return "" if _BYLINE.match(name) else name


def _same(part: str, publisher: str) -> bool:
    """Say whether a part of a title is the publisher's name, or that of its host."""
    one, other = _letters(part), _letters(publisher)
    if not one:
        return False
    host = re.fullmatch(r"(?:[\w-]+\.)*?([\w-]+)\.\w{2,}(?:\.\w{2})?", publisher.lower())
    names = {other, other.removeprefix("the"), _letters(host[1]) if host else other}
    return one in names or one.removeprefix("the") in names


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
