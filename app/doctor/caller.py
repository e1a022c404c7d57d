"""Calls the service as an EHR would, with a token of its own for every call."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, time
from uuid import uuid4

import httpx
import jwt

TOKEN_SECONDS = 300
Sign = Callable[[str], str]
"""Makes a token for one URL."""


class Unreachable(Exception):
    """Nothing answered; says why and what to look at."""


class FaultyIdentity(ValueError):
    """No token can be signed with what was given; says why, without the key."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, and the seconds that it took."""

    response: httpx.Response
    seconds: float

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    def json(self) -> object:
        """The body, or None when it is no JSON."""
        try:
            return self.response.json()
        except ValueError:
            return None

    def why(self) -> str:
        """What the service says of a refusal."""
        body = self.json()
        issues = body.get("issue") if isinstance(body, dict) else None
        texts = [each.get("details", {}).get("text", "") for each in issues or () if isinstance(each, dict)]
        return f"{self.status}{': ' * bool(texts)}{'; '.join(texts)}"


class Caller:
    """`base` is the service's URL without a trailing slash; without `sign` calls go without a token."""

    def __init__(
        self, base: str, client: httpx.Client, tls: ssl.SSLContext, sign: Sign | None = None
    ) -> None:
        self.base = base
        self.client = client
        self.tls = tls
        self.sign = sign

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: object = None,
        signed: bool = True,
    ) -> Answered:
        """One call; Unreachable when nothing answers. Redirects are not followed: EHRs do not."""
        url = f"{self.base}{path}"
        sent = dict(headers or {})
        if self.sign and signed:
            sent["Authorization"] = f"Bearer {self.sign(url)}"
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        began = perf_counter()
        try:
            response = self.client.request(method, url, headers=sent, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(_explained(error)) from None
        return Answered(response, perf_counter() - began)


def _explained(error: Exception) -> str:
    said = str(error)
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time: a firewall that drops, or nothing at this address"
    if "certificate" in said.lower():
        what = said.partition("] ")[2] or said
        return f"the certificate is not accepted ({what}): name its authority with --authority"
    if "SSL" in said or "TLS" in said.upper():
        return f"no TLS at this port, or none that both sides can speak ({said})"
    if "refused" in said.lower():
        return "the connection is refused: nothing listens at this port"
    if "Name or service" in said or "name resolution" in said or "nodename" in said:
        return "the name is not known to DNS"
    return said or type(error).__name__


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the doctor says it is: the key of a client that the service trusts, as the EHR would use it."""

    key_file: Path
    kid: str
    issuer: str
    jku: str | None = None
    tenant: str | None = None
    audience: str | None = None

    def signer(self) -> Sign:
        """Signs tokens with the key. FaultyIdentity when it cannot be used."""
        key, algorithm = _private_key(self.key_file)
        headers = {"kid": self.kid, **({"jku": self.jku} if self.jku else {})}

        def sign(url: str) -> str:
            now = int(time())
            claims = {"iss": self.issuer, "aud": self.audience or url, "iat": now, "exp": now + TOKEN_SECONDS}
            claims |= {"jti": str(uuid4()), **({"tenant": self.tenant} if self.tenant else {})}
            return jwt.encode(claims, key, algorithm, headers)

        return sign


def _private_key(file: Path) -> tuple[jwt.PyJWK, str]:
    """A private key out of a JWK, and the algorithm that CDS Hooks wants for it."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        kind = f"{read.get('kty')} {read.get('crv', '')}".strip()
        algorithm = {"EC P-384": "ES384", "RSA": "RS384"}.get(kind, "")
        if "d" not in read or not algorithm:
            raise FaultyIdentity(f"{file} is no private JWK for ES384 or RS384")
        return jwt.PyJWK(read, algorithm), algorithm
    except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
        if isinstance(error, FaultyIdentity):
            raise
        raise FaultyIdentity(f"{file} cannot be read as a JWK ({type(error).__name__})") from None


def trusting(authority: Path | None = None, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Trusts the machine's authorities, or the one given; shows a certificate where one is given.

    OSError for files that cannot be read.
    """
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    if certificate:
        context.load_cert_chain(*map(str, certificate))
    return context


def client(tls: ssl.SSLContext, seconds: float) -> httpx.Client:
    """An HTTP client that follows no redirect and heeds no proxy of the environment."""
    return httpx.Client(verify=tls, timeout=seconds, follow_redirects=False, trust_env=False)
