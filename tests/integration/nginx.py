"""docker/nginx with the paths and addresses of this machine in it; all else is as it ships."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.integration.servers import ROOT

Secrets = tuple[Path, Path, Path]
"""The server's certificate, its key, and the authority of its clients."""


def configuration(
    folder: Path, secrets: Secrets, instances: list[str], *, port: int = 8443, mutual: str = ""
) -> Path:
    """The configuration file; `mutual` (on, optional) takes the marks from mtls.conf away."""
    certificate, key, authority = secrets
    own = folder / "nginx"
    shutil.copytree(ROOT / "docker/nginx", own)
    servers = "".join(f"server {each} max_fails=1 fail_timeout=2s;\n" for each in instances)
    (own / "upstream.conf").write_text(servers)
    paths = {
        "/tmp/": f"{folder}/",
        "/run/secrets/tls_certificate": str(certificate),
        "/run/secrets/tls_key": str(key),
        "/run/secrets/client_authority": str(authority),
        "listen 8443": f"listen 127.0.0.1:{port}",
        "/dev/stdout": str(folder / "access.log"),
    }
    for file in own.iterdir():
        text = file.read_text(encoding="utf-8")
        for old, new in paths.items():
            text = text.replace(old, new)
        if mutual:
            text = re.sub(r"^# (ssl_)", r"\1", text, flags=re.MULTILINE)
            text = text.replace("ssl_verify_client on", f"ssl_verify_client {mutual}")
        file.write_text(text)
    return own / "nginx.conf"
