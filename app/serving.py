"""Serving: what `plumbline serve` starts, and how it listens."""

from __future__ import annotations

import gc
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    import uvicorn


def serve(settings: Settings) -> None:
    """Serve until a signal ends it. FaultySettings, FaultyContent; exit 3 where it cannot listen."""
    with _uncollected():
        config = prepared(settings)
    sys.stderr.write(f"Plumbline, {settings.mode}: {address(settings)}/cds-services\n")
    import uvicorn

    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(uvicorn.config.STARTUP_FAILURE)


def prepared(settings: Settings) -> uvicorn.Config:
    """All that is there before the first connection: what is imported, the content, the application."""
    import uvicorn

    from app import compiled, logs
    from app.main import create_app
    from app.server import bounded

    read = partial(compiled.load, file=settings.compiled_file, say=logs.logger().info)
    app = create_app(settings, read=read)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="auto",
        http=bounded(settings.in_flight, app.state.refused, shed=app.state.shed, behind=app.state.behind),
        ws="none",
        access_log=False,
        proxy_headers=False,  # nothing here looks at who the client is
        log_level="warning",
        server_header=False,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=str(settings.tls_client_authority) if settings.tls_client_authority else None,
        # Health is asked for without a certificate; who needs one is the site file's to say.
        ssl_cert_reqs=ssl.CERT_OPTIONAL if settings.tls_client_authority else ssl.CERT_NONE,
    )
    config.load()
    return config


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: what start-up builds stays, and walking it over and over takes time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def address(settings: Settings) -> str:
    """The base URL under which the service is reached."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "https" if settings.tls_certificate else "http"
    return settings.public_url or f"{scheme}://{host}:{settings.port}"
