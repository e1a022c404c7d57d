"""`plumbline journal`: what was decided and what became of it, as a report or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.settings import FaultySettings, read

if TYPE_CHECKING:
    from app.journal.export import Cell
    from app.journal.store import Store

journal = typer.Typer(no_args_is_help=True, help=__doc__)
_UNUSABLE = 2
Since = Annotated[datetime | None, typer.Option(help="from this moment on, in UTC; default: from the start")]
Until = Annotated[datetime | None, typer.Option(help="before this moment, in UTC; default: now")]


class What(StrEnum):
    """What there is to export."""

    decisions = "decisions"
    cards = "cards"
    feedback = "feedback"


@journal.command()
def report(
    since: Since = None,
    until: Until = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """How often each recommendation was decided, shown, accepted and overridden, and why."""
    import msgspec

    from app.journal.report import as_text
    from app.journal.report import report as reported

    with _store() as store:
        found = reported(store, *_between(since, until))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        for line in as_text(found):
            typer.echo(line)


@journal.command()
def export(
    what: Annotated[What, typer.Argument(help="one line for each of these")] = What.decisions,
    since: Since = None,
    until: Until = None,
) -> None:
    """CSV on standard output: every decision, card, or report of what became of a card."""
    import csv
    import sys

    from app.journal import export as exported

    rows: dict[What, Callable[[Store, int, int], Iterator[list[Cell]]]] = {
        What.decisions: exported.decisions,
        What.cards: exported.cards,
        What.feedback: exported.feedback,
    }
    with _store() as store:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows[what](store, *_between(since, until)))


@contextmanager
def _store() -> Iterator[Store]:
    """The store of the settings, opened; says why not and ends with 2 when that cannot be."""
    from app.journal.sqlite import Sqlite
    from app.journal.store import StoreUnavailable, open_store

    try:
        with closing(open_store(read().store)) as store:
            if isinstance(store, Sqlite) and not store.path.exists():
                raise StoreUnavailable(f"there is no file {store.path}")  # opening it would make an empty one
            store.open()
            yield store
    except (FaultySettings, StoreUnavailable) as error:
        typer.echo(f"The journal cannot be read: {error}", err=True)
        raise typer.Exit(_UNUSABLE) from None


def _between(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """The bounds in ms since 1970."""
    begin = since.replace(tzinfo=UTC).timestamp() if since else 0
    end = until.replace(tzinfo=UTC).timestamp() if until else datetime.now(UTC).timestamp() + 1
    return int(begin * 1000), int(end * 1000)
