"""The command line of Plumbline: serve the cards, check them, render them, and report on codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.journal.commands import journal
from app.settings import FaultySettings, Settings, read

if TYPE_CHECKING:
    from app.knowledge.load import FaultyContent, Knowledge

# What a command needs is imported where it begins: each needs little of it, and `serve` is to start soon.
main = typer.Typer(
    name="plumbline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
main.add_typer(journal, name="journal")
_CANNOT_START = 2


@main.command()
def serve() -> None:
    """Serve on PLUMBLINE_HOST and PLUMBLINE_PORT. Faulty cards or settings: every fault, and exit 2."""
    settings = _settings()
    with _faults_of(settings.cards, _CANNOT_START):
        from app.serving import serve

        serve(settings)


@main.command(name="compile")
def write_compiled() -> None:
    """Check the cards and write them into the file of PLUMBLINE_COMPILED, from which a start is quicker."""
    from app.compiled import compile_into

    settings = _settings()
    if settings.compiled_file is None:
        _refuse("PLUMBLINE_COMPILED names no file")
    with _faults_of(settings.cards):
        if why := compile_into(settings.cards, settings.compiled_file):
            _refuse(f"{settings.compiled_file}: {why}")


@main.command()
def check(
    cards: Annotated[Path | None, typer.Argument(help="the folder to check; default: the setting")] = None,
) -> None:
    """Cross-check the cards, work their cases, and without a folder check the site file of the settings.

    Every fault with its line and exit 1, or what there is.
    """
    from app.casework import check_cases
    from app.knowledge.load import FaultyContent, load
    from app.main import site_of

    settings = _settings()
    folder = cards or settings.cards
    with _faults_of(folder):
        knowledge = load(folder)
        if faults := check_cases(folder, knowledge):
            raise FaultyContent(faults)
        if cards is None:
            site_of(settings, knowledge)
    typer.echo(summary(knowledge))


@main.command(name="pages")
def write_pages(
    cards: Annotated[Path | None, typer.Argument(help="the folder to render; default: the setting")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; exit 1 when a page is stale")
    ] = False,
) -> None:
    """Render every recommendation, its cases and its source attributes into rendered/ of the cards."""
    from app.casework import cases_of
    from app.knowledge.load import load
    from app.pages import RENDERED, pages, stale, with_seeds

    folder = cards or _settings().cards
    with _faults_of(folder):
        knowledge = load(folder)
        rendered = pages(knowledge, cases_of(folder, knowledge))
    found = {f"{RENDERED}/{path.name}": _read(path) for path in (folder / RENDERED).glob("*")}
    wanted = {f"{RENDERED}/{name}": text for name, text in rendered.items()}
    if (readme := folder / "README.md").is_file():
        found["README.md"] = _read(readme)
        wanted["README.md"] = with_seeds(found["README.md"], knowledge)
    old = stale(wanted, found)
    for name in old:
        typer.echo(
            f"{folder / name}: {'not what the content says: run `make cards`' if check else 'written'}"
        )
        if not check:
            _write(folder / name, wanted.get(name))
    if check and old:
        raise typer.Exit(1)


@main.command()
def doctor(
    url: Annotated[str, typer.Argument(help="the service's base URL, as it stands before /cds-services")],
    key: Annotated[
        Path | None, typer.Option(help="a private JWK of a client that the service trusts")
    ] = None,
    kid: Annotated[str, typer.Option(help="the key's id in the client's key set")] = "",
    issuer: Annotated[str, typer.Option(help="who the tokens say they are from")] = "",
    jku: Annotated[str | None, typer.Option(help="where the tokens say that the key set is")] = None,
    tenant: Annotated[str | None, typer.Option(help="the tenant that the tokens name")] = None,
    audience: Annotated[str | None, typer.Option(help="instead of the URL that is called")] = None,
    authority: Annotated[Path | None, typer.Option(help="the certificate of a private authority")] = None,
    certificate: Annotated[Path | None, typer.Option(help="a client certificate, for mutual TLS")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="its key")] = None,
    origin: Annotated[str, typer.Option(help="the origin of a browser")] = "https://sandbox.cds-hooks.org",
    request: Annotated[Path | None, typer.Option(help="a request that the EHR sent, to compare")] = None,
    seconds: Annotated[float, typer.Option(help="how long to wait for an answer")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
) -> None:
    """Ask a deployed service what would go wrong with it: exit 1 when something would, 2: wrong options."""
    from app.doctor.caller import Caller, FaultyIdentity, Identity, client, trusting
    from app.doctor.finding import told
    from app.doctor.questions import examine

    if bool(key) != bool(kid and issuer) or bool(certificate) != bool(certificate_key):
        _refuse("--key needs --kid and --issuer, and --certificate needs --certificate-key")
    try:
        sign = Identity(key, kid, issuer, jku, tenant, audience).signer() if key else None
        mutual = (certificate, certificate_key) if certificate and certificate_key else None
        tls = trusting(authority, mutual)
    except (FaultyIdentity, OSError) as error:
        _refuse(str(error))
    base = url.rstrip("/").removesuffix("/cds-services")
    if not base.startswith(("http://", "https://")):
        _refuse(f"{url} is no URL: begin with https://")
    with client(tls, seconds) as http:
        findings = list(examine(Caller(base, http, tls, sign), origin, request=request))
    typer.echo(told(findings, as_json))
    raise typer.Exit(int(any(each.state == "wrong" for each in findings)))


@main.command()
def key(
    file: Annotated[Path, typer.Argument(help="where the private key goes; it must not exist yet")],
    kid: Annotated[str, typer.Option(help="the key's id")] = "doctor-1",
) -> None:
    """Make a key for the doctor, or for a client of your own: print what the site file's `keys` must hold."""
    from app.doctor.keypair import new_key

    try:
        typer.echo(new_key(file, kid))
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")


@main.command(name="settings")
def list_settings() -> None:
    """Print every setting with what it may be, its default and what it does, as a Markdown table."""
    from app.settings_table import table

    typer.echo(table())


@main.command()
def codes(
    file: Annotated[
        Path,
        typer.Argument(help="a Bundle or NDJSON of FHIR resources, also as .gz", exists=True, dir_okay=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="every coding, as JSON")] = False,
    displays: Annotated[
        bool, typer.Option("--displays", help="show the file's own displays too: they may name a patient")
    ] = False,
) -> None:
    """Which codings of a file are in a value set, known and irrelevant, or unmapped. Exit 1: broken lines."""
    import zlib

    import msgspec

    from app.codings import Counting, count, in_words
    from app.knowledge.load import load

    settings = _settings()
    with _faults_of(settings.cards):
        knowledge = load(settings.cards)
    try:
        with _opened(file) as lines:
            report = count(lines, Counting(knowledge.codes, displays))
    except (OSError, EOFError, zlib.error) as error:
        typer.echo(f"{file} cannot be read: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(msgspec.json.format(msgspec.json.encode(report)).decode() if as_json else in_words(report))
    for line, why in report.broken.items():
        typer.echo(f"{file}:{line}: {why}", err=True)
    if report.broken:
        raise typer.Exit(1)


@contextmanager
def _opened(file: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file, unpacked where it is packed, whatever its name says."""
    import gzip

    with file.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
        opened.seek(0)
        yield gzip.GzipFile(fileobj=opened) if packed else opened


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


@contextmanager
def _faults_of(folder: Path, code: int = 1) -> Iterator[None]:
    """Print the faults of content or settings, and exit."""
    from app.knowledge.load import FaultyContent

    try:
        yield
    except FaultySettings as error:
        _refuse(str(error))
    except FaultyContent as error:
        _print_faults(error, folder)
        raise typer.Exit(code) from None


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str | None) -> None:
    """Write a page; remove one that is not wanted any more."""
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _refuse(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(_CANNOT_START)


def _settings() -> Settings:
    try:
        return read()
    except FaultySettings as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_CANNOT_START) from None


def _print_faults(error: FaultyContent, folder: Path) -> None:
    from app.site import FaultySite

    for fault in error.faults:
        typer.echo(str(fault), err=True)
    place = error.path if isinstance(error, FaultySite) else folder
    typer.echo(f"{len(error.faults)} {'fault' if len(error.faults) == 1 else 'faults'} in {place}", err=True)
