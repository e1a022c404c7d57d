"""Settings, read once from the environment (`PLUMBLINE_*`), frozen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from app.knowledge.nearest import nearest
from app.profiles import ProfileName

PREFIX = "PLUMBLINE_"
_FILE = "_FILE"
_STORE_URL = re.compile(r"sqlite:///.+|postgres(ql)?://.+")
_STORES = {
    "development": "sqlite:///.plumbline/journal.sqlite",
    "production": "sqlite:////var/lib/plumbline/journal.sqlite",
}
_JOURNAL_KEY = re.compile(r"[\w.-]{1,32}:.{32,}")
_CARDS = Path(__file__).parent.parent / "cards"
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^\s/?#@A-Z]+")
"""As browsers write it: lower case, no path, no slash at the end."""


class FaultySettings(ValueError):
    """The environment cannot be served with; every fault, one a line, with what to do about it."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class Settings(BaseModel):
    """What an installation may choose. The first sentence of each is its row in docker/README.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["development", "production"] = "development"
    """`development` is for this machine only: no tokens, plain http, any browser origin, Server-Timing."""
    host: str = "127.0.0.1"
    """The address to listen on; the image says `0.0.0.0`."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """The port to listen on."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes serve on the port; of several, worker n has its metrics on the port + n."""
    allow_anonymous: bool = False
    """Lets in callers without a token, as the client `unknown`; a warning at every start says so."""
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """The base URL by which clients call, as it stands in front of `/cds-services`."""
    cards: Path = _CARDS
    """The folder of the content; a change in it is served within seconds when it has no fault."""
    compiled: Path | None = None
    """The file that keeps the checked content, for quicker starts; not set: `.plumbline/content` in
    development, else none."""
    site_file: Path | None = None
    """The file that names each client and what the site sets otherwise, as docker/site.example.yaml."""
    profile: ProfileName = "spec"
    """What callers can show whom the site file does not name; refused in production."""
    body_limit: Annotated[ByteSize, Field(gt=0)] = ByteSize(10 * 1024 * 1024)
    """The largest body that is read, in bytes; `10MiB` is understood."""
    in_flight: Annotated[int, Field(ge=1, le=10_000)] = 64
    """The most calls in flight, waiting for a FHIR server or their turn; more get a 503 at once."""
    deadline_ms: Annotated[int, Field(ge=100, le=30_000)] = 400
    """The time that a hook call may take with all that it fetches, in milliseconds."""
    memory_calls: Annotated[int, Field(ge=0, le=100_000)] = 500
    """For how many calls answers are remembered, for ten minutes; 0 remembers nothing."""
    timezone: str = "UTC"
    """The time zone that decides which day is today, such as `Europe/Berlin`."""
    max_cards: Annotated[int, Field(ge=1)] | None = None
    """The most cards in one answer, critical ones apart; where it is not set, the content decides."""
    today: date | None = None
    """Pins the date, for demonstrations; refused in production."""
    tls_certificate: Path | None = None
    """A PEM file with the certificate of the service and its chain, where no proxy ends TLS."""
    tls_key: Path | None = None
    """The PEM file of its key."""
    tls_client_authority: Path | None = None
    """A PEM file with the authorities of clients' certificates; the site file says whose they are."""
    proxies: tuple[IPvAnyNetwork, ...] = ()
    """Networks of proxies whose `subject_header` is believed, with commas between."""
    subject_header: str | None = None
    """The header in which a proxy gives the subject of a client's certificate that it has verified."""
    private_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks, with commas between, where FHIR servers and key sets may be; not set: public ones only."""
    cors_origins: tuple[str, ...] | None = None
    """Origins of browsers that may call, with commas between; not set: any in development, else none."""
    traces_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Where traces go, as OTLP over HTTP: `http://collector:4318/v1/traces`; not set: nowhere."""

    store_url: SecretStr | None = None
    """The store of the journal: `sqlite:////absolute/path` or `postgresql://user:password@host/name`;
    not set: `/var/lib/plumbline/journal.sqlite`, in development `.plumbline/journal.sqlite`."""
    journal_key: SecretStr | None = None
    """The key of the journal's hashes as `id:secret`, 32 characters or more; not set: drawn at each start."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """After how many days the journal forgets; 0 keeps everything."""
    feedback_words: bool = False
    """Whether comments of clinicians, and reasons in words that are not ours, are kept."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        _zone(name)
        return name

    @field_validator("cors_origins", "private_networks", "proxies", mode="before")
    @classmethod
    def _split(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        return tuple(each.strip() for each in listed.split(",") if each.strip())

    @field_validator("cors_origins")
    @classmethod
    def _matchable(cls, origins: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for each in origins or ():
            if not _ORIGIN.fullmatch(each):
                raise ValueError(f"{each} is no origin that a browser sends; write it as https://ehr.example")
        return origins

    @field_validator("store_url")
    @classmethod
    def _known_store(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not _STORE_URL.fullmatch(url.get_secret_value()):
            raise ValueError("is sqlite:///relative/path, sqlite:////absolute/path or postgresql://…")
        return url

    @field_validator("journal_key")
    @classmethod
    def _strong_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key and not _JOURNAL_KEY.fullmatch(key.get_secret_value()):
            raise ValueError("is an id, a colon, and a secret of 32 characters or more")
        return key

    @model_validator(mode="after")
    def _only_in_development(self) -> Settings:
        if self.mode == "production" and self.today:
            raise ValueError(f"{PREFIX}TODAY pins the date and is refused outside development; remove it")
        if self.mode == "production" and self.profile != "spec":
            raise ValueError(
                f"{PREFIX}PROFILE is for callers whom nobody knows and is refused outside development; "
                f"name the client in the site file"
            )
        return self

    @model_validator(mode="after")
    def _on_this_machine_only(self) -> Settings:
        if self.mode == "development" and not _is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}HOST is {self.host}, but development lets everybody in, and so listens on 127.0.0.1"
                f" only; set {PREFIX}MODE=production (with {PREFIX}ALLOW_ANONYMOUS=true, if all may call)"
            )
        return self

    @model_validator(mode="after")
    def _ports_of_their_own(self) -> Settings:
        if self.workers > 1 and not 1 <= self.port <= 65535 - self.workers:
            raise ValueError(f"{PREFIX}PORT: {self.workers} workers need the ports after it as well")
        return self

    @property
    def compiled_file(self) -> Path | None:
        """The file that keeps the checked content, if any."""
        return self.compiled or (Path(".plumbline/content") if self.mode == "development" else None)

    @property
    def store(self) -> str:
        """The URL of the journal's store, which holds a password where it names a database."""
        return self.store_url.get_secret_value() if self.store_url else _STORES[self.mode]

    @property
    def hash_key(self) -> str | None:
        """The key of the journal's hashes with its id."""
        return self.journal_key.get_secret_value() if self.journal_key else None

    @model_validator(mode="after")
    def _belong_together(self) -> Settings:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY belong together; set both")
        if self.tls_client_authority and not self.tls_certificate:
            raise ValueError(f"{PREFIX}TLS_CLIENT_AUTHORITY needs {PREFIX}TLS_CERTIFICATE: TLS must end here")
        if bool(self.subject_header) != bool(self.proxies):
            raise ValueError(f"{PREFIX}SUBJECT_HEADER and {PREFIX}PROXIES belong together: who may send it")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of browsers that may call: any in development, none in production unless listed."""
        if self.cors_origins is not None:
            return self.cors_origins
        return ("*",) if self.mode == "development" else ()


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment; FaultySettings lists everything that is wrong with it.

    What `NAME_FILE` names is read as the value of `NAME`, as secrets are mounted.
    """
    names = {f"{PREFIX}{field.upper()}": field for field in Settings.model_fields}
    given = {name: value for name, value in environment.items() if name.upper().startswith(PREFIX)}
    known = {name: value for name, value in given.items() if name in names and value}
    faults: list[str] = []
    for name in given.keys() - names:
        setting = name.removesuffix(_FILE)
        if name == setting or setting not in names:
            faults.append(f"there is no setting {name}{_nearest(setting) or _nearest(name)}")
        elif setting in known:
            faults.append(f"{name} and {setting} are both set; set one of them")
        elif given[name]:
            known[setting], unread = _held_by(given[name])
            faults += [f"{name}: {unread}"] if unread else []
    try:
        settings = Settings.model_validate({names[name]: value for name, value in known.items() if value})
    except ValidationError as error:
        faults += [_fault(each) for each in error.errors()]
    if faults:
        raise FaultySettings(sorted(faults))
    return settings


def _held_by(file: str) -> tuple[str, str]:
    """What a file holds, and why it could not be read."""
    try:
        held = Path(file).read_text(encoding="utf-8").strip()
        return held, "" if held else f"the file {file} is empty"
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        return "", f"the file {file} cannot be read ({why})"


def today(settings: Settings, clock: Callable[[], datetime]) -> date:
    """The date that dates in a record are compared with; `clock` gives an aware date and time."""
    return settings.today or clock().astimezone(_zone(settings.timezone)).date()


def now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def _nearest(name: str) -> str:
    """The nearest right name; compared without what all names begin with."""
    own = [field.upper() for field in Settings.model_fields]
    return nearest(name.upper().removeprefix(PREFIX), own).replace("`", f"`{PREFIX}", 1)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _zone(name: str) -> tzinfo:
    if name == "UTC":  # must work where no time zone data is installed
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no time zone of this machine (is tzdata installed?)") from error


def _fault(error: ErrorDetails) -> str:
    said = error["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{'_'.join(map(str, error['loc'])).upper()}: {said}" if error["loc"] else said
