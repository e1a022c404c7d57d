"""`plumbline journal`: what was decided and what became of it, as a report or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from app.settings import FaultySettings, read

if TYPE_CHECKING:
    from app.journal.export import Cell
    from app.journal.store import Store

_UNUSABLE = 2
_since = click.option(
    "--since", type=click.DateTime(), help="From this moment on, in UTC; default: from the start."
)
_until = click.option("--until", type=click.DateTime(), help="Before this moment, in UTC; default: now.")


@click.group(help=__doc__)
def journal() -> None:
    """The commands; their help is the module's."""


class What(StrEnum):
    """What there is to export."""

    decisions = "decisions"
    cards = "cards"
    feedback = "feedback"


@journal.command()
@_since
@_until
@click.option("--json", is_flag=True, help="For machines.")
def report(since: datetime | None, until: datetime | None, json: bool) -> None:
    """How often each recommendation was decided, shown, accepted and overridden, and why."""
    import msgspec

    from app.journal.report import as_text
    from app.journal.report import report as reported

    with _store() as store:
        found = reported(store, *_between(since, until))
    if json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        for line in as_text(found):
            click.echo(line)


@journal.command()
@click.argument("what", type=click.Choice(What), default=What.decisions)
@_since
@_until
def export(what: What, since: datetime | None, until: datetime | None) -> None:
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
        click.echo(f"The journal cannot be read: {error}", err=True)
        raise SystemExit(_UNUSABLE) from None


def _between(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """The bounds in ms since 1970."""
    begin = since.replace(tzinfo=UTC).timestamp() if since else 0
    end = until.replace(tzinfo=UTC).timestamp() if until else datetime.now(UTC).timestamp() + 1
    return int(begin * 1000), int(end * 1000)
