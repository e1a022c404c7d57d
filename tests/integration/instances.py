"""Several instances on one PostgreSQL behind a real nginx with TLS, as docker/compose.yaml has them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.doctor.caller import Identity, Sign
from tests.integration.nginx import configuration
from tests.integration.servers import Running, free_port, service, stop
from tests.integration.tls import Authority, authority
from tests.tokens import private, public

ISSUER, KID = "https://ehr.example/fhir", "doctor-1"
SITE = """
clients:
  hospital:
    trust:
      iss: {issuer}
      jwks:
        keys:
          - kid: {kid}
            kty: EC
            crv: P-384
            x: {x}
            y: {y}
"""


@dataclass(frozen=True, slots=True)
class Behind:
    """The instances, the address in front of them, and a client that may call."""

    instances: list[Running]
    url: str
    folder: Path
    authority: Authority
    sign: Sign

    def client(self) -> httpx.Client:
        """A client that trusts nginx's certificate."""
        return httpx.Client(verify=self.authority.trusting(), timeout=30)

    def post(self, client: httpx.Client, path: str, body: Any, token: str | None = None) -> httpx.Response:
        """One call with a token of its own, unless one is given."""
        url = f"{self.url}{path}"
        headers = {"Authorization": f"Bearer {token or self.sign(url)}", "Content-Type": "application/json"}
        return client.post(url, content=json.dumps(body).encode(), headers=headers)

    def kill(self, number: int) -> None:
        """End one instance as if its machine had lost power."""
        os.kill(self.instances[number].pid, signal.SIGKILL)


@contextmanager
def behind_nginx(store_url: str, folder: Path, count: int = 2) -> Iterator[Behind]:
    """Instances in production mode that know one client."""
    ours = authority(folder)
    server = ours.issue("localhost")
    port = free_port()
    url = f"https://localhost:{port}"
    key = folder / "key.json"
    jwk = json.loads(json.dumps(public("ES384")))
    (folder / "site.yaml").write_text(SITE.format(issuer=ISSUER, kid=KID, x=jwk["x"], y=jwk["y"]))
    key.write_text(json.dumps(_private_jwk()))
    settings = {
        "mode": "production",
        "public_url": url,
        "today": "",
        "store_url": store_url,
        "site_file": str(folder / "site.yaml"),
        "journal_key": "test:" + "k" * 40,
    }
    with ExitStack() as running:
        instances = [running.enter_context(service(**settings)) for _ in range(count)]
        addresses = [each.url.removeprefix("http://") for each in instances]
        secrets = (server.certificate, server.key, ours.file)
        running.enter_context(
            nginx(configuration(folder, secrets, addresses, port=port), port, ours.trusting())
        )
        yield Behind(instances, url, folder, ours, Identity(key, KID, ISSUER).signer())


def _private_jwk() -> dict[str, Any]:
    from jwt.algorithms import ECAlgorithm

    jwk: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(private("ES384")))
    return jwk


@contextmanager
def nginx(file: Path, port: int, tls: ssl.SSLContext) -> Iterator[None]:
    """nginx with this configuration, until the block ends; `tls` is how its client connects."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nginx is not installed")
    command = [program, "-c", str(file), "-g", "daemon off;"]
    with (file.parent / "output.log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            _wait(f"https://localhost:{port}/health/live", tls)
            yield
        finally:
            stop(process)


def _wait(url: str, tls: ssl.SSLContext) -> None:
    for _ in range(1200):
        try:
            if httpx.get(url, verify=tls).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def feedback(card: str | None = None) -> dict[str, Any]:
    """Feedback for one card that nobody else has."""
    said = {"card": card or str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:00:00Z"}
    return {"feedback": [said]}
