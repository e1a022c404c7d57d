"""The command line: `plumbline serve` and `plumbline check`."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from app.knowledge.load import FaultyContent, Knowledge, load
from app.main import create_app
from app.settings import FaultySettings, Settings, read

main = typer.Typer(
    name="plumbline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
_CANNOT_START = 2


@main.command()
def serve() -> None:
    """Serve on PLUMBLINE_HOST and PLUMBLINE_PORT. Faulty cards or settings: every fault, and exit 2."""
    settings = _settings()
    try:
        app = create_app(settings)
    except FaultyContent as error:
        _print_faults(error, settings.cards)
        raise typer.Exit(_CANNOT_START) from None
    typer.echo(f"Plumbline, {settings.mode}: {address(settings)}/cds-services", err=True)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="auto",
        http="httptools",
        workers=1,
        access_log=False,
        proxy_headers=False,  # nothing here looks at who the client is
        log_level="warning",
        server_header=False,
    )


@main.command()
def check(
    cards: Annotated[Path | None, typer.Argument(help="the folder to check; default: the setting")] = None,
) -> None:
    """Load and cross-check the cards: every fault with file and line and exit 1, or what there is."""
    folder = cards or _settings().cards
    try:
        knowledge = load(folder)
    except FaultyContent as error:
        _print_faults(error, folder)
        raise typer.Exit(1) from None
    typer.echo(summary(knowledge))


def summary(knowledge: Knowledge) -> str:
    """What the content holds, in one line."""
    counts: dict[str, Sized] = {
        "recommendations": knowledge.recommendations,
        "facts": knowledge.facts,
        "value sets": knowledge.value_sets,
        "suggestions": knowledge.suggestions,
        "sources of evidence": knowledge.evidence,
    }
    listed = ", ".join(f"{len(each)} {noun}" for noun, each in counts.items())
    return f"{listed}. No faults (content {knowledge.services.content_version})."


def _settings() -> Settings:
    try:
        return read()
    except FaultySettings as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_CANNOT_START) from None


def _print_faults(error: FaultyContent, folder: Path) -> None:
    for fault in error.faults:
        typer.echo(str(fault), err=True)
    typer.echo(f"{len(error.faults)} faults in {folder}", err=True)


def address(settings: Settings) -> str:
    """The base URL under which the service is reached."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"
