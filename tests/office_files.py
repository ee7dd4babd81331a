"""Office files written part by part, for what no library writes."""

from __future__ import annotations

import zipfile
from pathlib import Path

SCHEMAS = "http://schemas.openxmlformats.org"
RELATIONS = f"{SCHEMAS}/officeDocument/2006/relationships"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{space}"'
    for prefix, space in {
        "w": f"{SCHEMAS}/wordprocessingml/2006/main",
        "m": f"{SCHEMAS}/officeDocument/2006/math",
        "r": RELATIONS,
        "a": f"{SCHEMAS}/drawingml/2006/main",
        "c": f"{SCHEMAS}/drawingml/2006/chart",
        "dgm": f"{SCHEMAS}/drawingml/2006/diagram",
        "pic": f"{SCHEMAS}/drawingml/2006/picture",
        "wp": f"{SCHEMAS}/drawingml/2006/wordprocessingDrawing",
        "xdr": f"{SCHEMAS}/drawingml/2006/spreadsheetDrawing",
        "p": f"{SCHEMAS}/presentationml/2006/main",
        "mc": f"{SCHEMAS}/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
MAINS = {"word": "document.xml", "ppt": "presentation.xml", "xl": "workbook.xml"}


def written(path: Path, folder: str, parts: dict[str, str | bytes]) -> Path:
    """Write the parts of an Office file, named within its folder ("word").

    A part's relationships are the lines under "NAME.rels": id, kind, target.
    """
    main = f'<Relationship Id="m" Type="{RELATIONS}/officeDocument" Target="{folder}/'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", f'<Relationships>{main}{MAINS[folder]}"/></Relationships>')
        for name, content in parts.items():
            if name.endswith(".rels"):
                assert isinstance(content, str)
                above, _, file = name.rpartition("/")
                lines = (line.split() for line in content.strip().splitlines())
                content = "".join(
                    f'<Relationship Id="{one}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
                    for one, kind, target in lines
                )
                content = f"<Relationships>{content}</Relationships>"
                name = "/".join(filter(None, (above, "_rels", file)))
            archive.writestr(f"{folder}/{name}", content)
    return path


def chart(*series: tuple[str, list[str], list[float]], title: str, form: str = "General") -> str:
    """Return a bar chart as a part: a series is its name, its categories and its values."""
    drawn = ""
    for name, categories, values in series:
        kinds = ("".join(f'<c:pt idx="{n}"><c:v>{v}</c:v></c:pt>' for n, v in enumerate(points))
                 for points in (categories, values))  # fmt: skip
        labels, figures = kinds
        drawn += (
            f'<c:ser><c:tx><c:strRef><c:f>A1</c:f><c:strCache><c:pt idx="0"><c:v>{name}</c:v>'
            f"</c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>{labels}"
            "</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>"
            f"<c:formatCode>{form}</c:formatCode>{figures}</c:numCache></c:numRef></c:val></c:ser>"
        )
    return (
        f"<c:chartSpace {NAMESPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{title}"
        f"</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart>{drawn}"
        "</c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )
