"""What tests of documents share: a PDF with two columns, and a site of a few pages on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fpdf import FPDF


def two_columns(file: Path, left: str, right: str, second: str) -> Path:
    """Write a PDF whose first page has two columns of text, and return it."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=11)
    pdf.add_page()
    for edge, text in ((15, left), (110, right)):
        pdf.set_xy(edge, 40)
        pdf.multi_cell(70, 6, text, align="L")
    pdf.add_page()
    pdf.set_xy(15, 40)
    pdf.multi_cell(150, 6, second)
    pdf.output(str(file))
    return file


def long_report(file: Path, pages: int, last: str) -> Path:
    """Write a PDF of so many pages, `last` on the last of them, and return it."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=11)
    for number in range(1, pages + 1):
        pdf.add_page()
        said = f"Section {number} tells of quay {number} and of nothing else that matters here."
        # A PDF with a line a page is taken for one that was scanned.
        pdf.multi_cell(150, 6, f"{said} " * 8 + (last if number == pages else ""))
    pdf.output(str(file))
    return file


@contextmanager
def site_of(pages: Mapping[str, str], moved: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve HTML pages by path, and redirects, for as long as the block lasts; yield the address.

    A page that is changed meanwhile is served as it then is; anything else is not found.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if there := (moved or {}).get(self.path):
                self.send_response(301)
                self.send_header("location", there)
                self.end_headers()
                return
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
