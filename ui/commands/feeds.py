"""`briefing follow` and `fetch`: what others publish, brought in as it appears."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import ReadError, UsageError
from ui.commands.documents import tell
from ui.commands.opening import workspace

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from corpus.feeds import Feed
    from index.feed_ingest import FeedReport
    from index.ingest import Progress, Report


@click.command()
@click.argument("addresses", nargs=-1, metavar="URL...")
@click.option("--list", "as_list", is_flag=True, help="Show the feeds that are followed.")
@click.option("--remove", default="", metavar="URL", help="Stop following; documents stay.")
@click.option(
    "--first",
    type=click.IntRange(0, 5_000),
    default=20,
    show_default=True,
    help="How many of the newest entries to bring at once.",
)
@click.option("--all", "everything", is_flag=True, help="Bring everything that the feed holds.")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def follow(
    context: click.Context,
    addresses: tuple[str, ...],
    as_list: bool,
    remove: str,
    first: int,
    everything: bool,
    as_json: bool,
) -> None:
    """Follow the feed (RSS, Atom, JSON Feed) at URL, or the one that the page there names.

    Its newest entries are brought now; `briefing fetch` brings what is new from then on. Exits with
    1 when nothing could be followed.
    """
    from ui.terminal import safe

    if not (addresses or as_list or remove):
        raise UsageError("name the address of a feed or of a page that has one, or give --list")
    with workspace(context) as opened:
        if remove:
            opened.library.feeds.remove(_one_followed(opened, remove).url)
            click.echo(safe(f"not followed any more: {remove}"))
        found = [one for address in addresses if (one := _followed(opened, address, as_json))]
        if found:
            _bring(context, opened, found, None if everything else first, as_json=as_json)
        if as_list:
            _list(opened.library.feeds.all(), as_json=as_json)
    if addresses and not found:
        context.exit(1)


def _followed(opened: Workspace, address: str, quiet: bool) -> Feed | None:
    """Follow the feed at an address and say so; None, with a line that says why, otherwise."""
    from ui.terminal import safe

    try:
        followed = opened.follow(address)
    except ReadError as error:
        click.echo(safe(f"not followed: {error}"), err=True)
        return None
    if not quiet:
        already = "" if followed.new else " (already followed)"
        click.echo(safe(f"following: {followed.feed.title}{already}, {followed.feed.url}"))
        if followed.page:
            click.echo(safe(f"  named by {followed.page}"))
        for other in followed.others:
            click.echo(safe(f"  it names another feed: {other.title}, {other.url}"))
    return followed.feed


def _one_followed(opened: Workspace, name: str) -> Feed:
    """Return the followed feed with an address or title; raises UsageError."""
    wanted = name.strip().rstrip("/").casefold()
    for one in opened.library.feeds.all():
        if wanted in (one.url.rstrip("/").casefold(), one.title.casefold()):
            return one
    raise UsageError(f"no feed {name} is followed; see: briefing follow --list")


def _list(feeds: Sequence[Feed], *, as_json: bool) -> None:
    from ui.terminal import safe

    if as_json:
        click.echo(json.dumps({"feeds": [asdict(one) for one in feeds]}, ensure_ascii=False))
        return
    for one in feeds:
        checked = one.checked[:16].replace("T", " ") or "not yet"
        click.echo(safe(f"{one.title}\n  {one.url}\n  fetched: {checked}"))
        if one.problem:
            click.echo(safe(f"  problem: {one.problem}"))
    if not feeds:
        click.echo("No feed is followed; follow one with: briefing follow URL")


@click.command()
@click.option("--public", is_flag=True, help="The curated public documents, feeds or not.")
@click.option("--theme", default="", help="Only one theme of the curated list; see --list.")
@click.option("--list", "as_list", is_flag=True, help="Show the curated list, fetch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print each report as one object.")
@click.pass_context
def fetch(context: click.Context, public: bool, theme: str, as_list: bool, as_json: bool) -> None:
    """Bring what is new in the feeds that are followed; see: briefing follow.

    Where none is followed, or with --public or --theme, the curated public documents are downloaded
    and added instead. Needs the internet. What cannot be read is reported and the rest goes in;
    exits with 1 when nothing could be.
    """
    from corpus.feeds import FIRST
    from corpus.public_documents import public_documents, themes
    from ui.progress_line import with_bar
    from ui.terminal import safe

    if theme and theme not in themes():
        raise UsageError(f"there is no theme {theme!r}; there are: {', '.join(themes())}")
    wanted = public_documents(theme)
    if as_list:
        for one in wanted:
            click.echo(safe(f"{one.theme:<14} {one.published:<11} {one.title} ({one.publisher})"))
            click.echo(f"{'':<14} {one.url}")
        return
    with workspace(context) as opened:
        feeds = [] if public or theme else opened.library.feeds.all()
        if feeds:
            _bring(context, opened, feeds, FIRST, as_json=as_json)
            return
        report = with_bar(opened.add_public(wanted))
    tell(context, [report], as_json=as_json)


def _bring(
    context: click.Context,
    opened: Workspace,
    feeds: Sequence[Feed],
    first: int | None,
    *,
    as_json: bool,
) -> None:
    """Fetch feeds and print a line for each, and what was added; exits with 1 where all failed."""
    from index.feed_ingest import FeedReport
    from ui.progress_line import with_bar
    from ui.terminal import report_lines, safe

    reports: list[FeedReport] = []

    def progress() -> Iterator[Progress | Report]:
        for step in opened.add_feeds(feeds, first=first):
            if isinstance(step, FeedReport):
                reports.append(step)
            else:
                yield step

    with_bar(progress())
    for one in reports:
        if as_json:
            click.echo(json.dumps(_as_object(one), ensure_ascii=False))
            continue
        click.echo(safe(_line(one)))
        for report in one.reports:
            if report.added or report.replaced or report.refused or report.left_out:
                click.echo("\n".join(f"  {line}" for line in report_lines(report)))
    if reports and all(one.problem for one in reports):
        context.exit(1)


def _line(report: FeedReport) -> str:
    title = report.feed.title or report.feed.url
    if report.problem:
        return f"{title}: {report.problem}"
    said = [f"{report.added} new" if report.added else "nothing new"]
    if report.passed:
        said.append(f"{report.passed} older entries left out (--all brings them)")
    if report.waiting:
        said.append(f"{report.waiting} entries wait for the next fetch")
    if report.damaged:
        said.append("its XML is damaged and was read in part")
    return f"{title}: {'; '.join(said)}"


def _as_object(report: FeedReport) -> dict[str, Any]:
    return {
        "feed": report.feed.url,
        "title": report.feed.title,
        "added": [place for one in report.reports for place in (*one.added, *one.replaced)],
        "refused": [asdict(it) for one in report.reports for it in one.refused],
        "passed": report.passed,
        "waiting": report.waiting,
        "damaged": report.damaged,
        "problem": report.problem,
    }
