"""The command line of Plumbline: serve the cards, check them, render them, and report on codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from app.journal.commands import journal
from app.settings import FaultySettings, Settings, read

if TYPE_CHECKING:
    from app.knowledge.load import FaultyContent, Knowledge


# What a command needs is imported where it begins: each needs little of it, and `serve` is to start soon.
@click.group(name="plumbline", help=__doc__)
def main() -> None:
    """The commands; their help is the module's."""


main.add_command(journal)
_CANNOT_START = 2
_PATH = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


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
@click.argument("cards", type=_PATH, required=False)
def check(cards: Path | None) -> None:
    """Cross-check the cards, work their cases, and without a folder check the site file of the settings.

    Every fault with its line and exit 1, or what there is. CARDS is the folder; default: the setting.
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
    click.echo(summary(knowledge))


@main.command(name="pages")
@click.argument("cards", type=_PATH, required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is stale.")
def write_pages(cards: Path | None, check: bool) -> None:
    """Render every recommendation, its cases and its source attributes into rendered/ of the cards.

    CARDS is the folder; default: the setting.
    """
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
        click.echo(
            f"{folder / name}: {'not what the content says: run `make cards`' if check else 'written'}"
        )
        if not check:
            _write(folder / name, wanted.get(name))
    if check and old:
        raise SystemExit(1)


@main.command()
@click.argument("url")
@click.option("--key", type=_PATH, help="A private JWK of a client that the service trusts.")
@click.option("--kid", default="", help="The key's id in the client's key set.")
@click.option("--issuer", default="", help="Who the tokens say they are from.")
@click.option("--jku", help="Where the tokens say that the key set is.")
@click.option("--tenant", help="The tenant that the tokens name.")
@click.option("--audience", help="Instead of the URL that is called.")
@click.option("--authority", type=_PATH, help="The certificate of a private authority.")
@click.option("--certificate", type=_PATH, help="A client certificate, for mutual TLS.")
@click.option("--certificate-key", type=_PATH, help="Its key.")
@click.option("--origin", default="https://sandbox.cds-hooks.org", help="The origin of a browser.")
@click.option("--request", type=_PATH, help="A request that the EHR sent, to compare.")
@click.option("--seconds", default=10.0, help="How long to wait for an answer.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(
    url: str,
    key: Path | None,
    kid: str,
    issuer: str,
    jku: str | None,
    tenant: str | None,
    audience: str | None,
    authority: Path | None,
    certificate: Path | None,
    certificate_key: Path | None,
    origin: str,
    request: Path | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Ask a deployed service what would go wrong with it: exit 1 when something would, 2: wrong options.

    URL is the service's base URL, as it stands before /cds-services.
    """
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
    click.echo(told(findings, as_json))
    raise SystemExit(int(any(each.state == "wrong" for each in findings)))


@main.command()
@click.argument("file", type=_PATH)
@click.option("--kid", default="doctor-1", help="The key's id.", show_default=True)
def key(file: Path, kid: str) -> None:
    """Make a key for the doctor, or for a client of your own: print what the site file's `keys` must hold.

    FILE is where the private key goes; it must not exist yet.
    """
    from app.doctor.keypair import new_key

    try:
        click.echo(new_key(file, kid))
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")


@main.command(name="settings")
def list_settings() -> None:
    """Print every setting with what it may be, its default and what it does, as a Markdown table."""
    from app.settings_table import table

    click.echo(table())


@main.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Every coding, as JSON.")
@click.option("--displays", is_flag=True, help="Show the file's own displays too: they may name a patient.")
def codes(file: Path, as_json: bool, displays: bool) -> None:
    """Which codings of a file are in a value set, known and irrelevant, or unmapped. Exit 1: broken lines.

    FILE is a Bundle or NDJSON of FHIR resources, also as .gz.
    """
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
        click.echo(f"{file} cannot be read: {error}", err=True)
        raise SystemExit(1) from None
    click.echo(msgspec.json.format(msgspec.json.encode(report)).decode() if as_json else in_words(report))
    for line, why in report.broken.items():
        click.echo(f"{file}:{line}: {why}", err=True)
    if report.broken:
        raise SystemExit(1)


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
        raise SystemExit(code) from None


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
    click.echo(why, err=True)
    raise SystemExit(_CANNOT_START)


def _settings() -> Settings:
    try:
        return read()
    except FaultySettings as error:
        click.echo(str(error), err=True)
        raise SystemExit(_CANNOT_START) from None


def _print_faults(error: FaultyContent, folder: Path) -> None:
    from app.site import FaultySite

    for fault in error.faults:
        click.echo(str(fault), err=True)
    place = error.path if isinstance(error, FaultySite) else folder
    click.echo(f"{len(error.faults)} {'fault' if len(error.faults) == 1 else 'faults'} in {place}", err=True)
