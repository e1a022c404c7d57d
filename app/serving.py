"""Serving: what `plumbline serve` starts, and how it listens."""

from __future__ import annotations

import gc
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from app.settings import Settings
from app.workers import CANNOT_SERVE, Workers, hold_signals

if TYPE_CHECKING:
    import uvicorn

BACKLOG = 2048


def serve(settings: Settings) -> None:
    """Serve until a signal ends it. FaultySettings, FaultyContent; exit 3 where it cannot listen."""
    if settings.workers > 1:
        hold_signals()
    with _uncollected():
        config = prepared(settings)
    sys.stderr.write(f"Plumbline, {settings.mode}: {address(settings)}/cds-services\n")
    if settings.workers > 1:
        raise SystemExit(_in_workers(settings, config))
    with suppress(KeyboardInterrupt):
        _run(config)


def _run(config: uvicorn.Config, sockets: list[socket.socket] | None = None) -> None:
    import uvicorn

    server = uvicorn.Server(config)
    server.run(sockets)
    if not server.started:
        raise SystemExit(CANNOT_SERVE)


def _in_workers(settings: Settings, config: uvicorn.Config) -> int:
    """Serve in several processes; the exit code."""
    from app import logs

    try:
        sockets = [_listening(settings, settings.port + each) for each in range(settings.workers + 1)]
    except OSError as error:
        ports = f"ports {settings.port} to {settings.port + settings.workers}"
        sys.stderr.write(f"{settings.host}, {ports}: {error.strerror}\n")
        return CANNOT_SERVE

    def work(number: int) -> None:
        shared, own = sockets[0], sockets[number]
        for each in sockets:
            if each not in (shared, own):
                each.close()
        _run(config, [shared, own])

    def close() -> None:
        for each in sockets:
            each.close()

    return Workers(settings.workers, work, logs.logger(), close).run()


def _listening(settings: Settings, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, port), family=family, backlog=BACKLOG)


def prepared(settings: Settings) -> uvicorn.Config:
    """All that is there before the first connection: what is imported, the content, the application."""
    import uvicorn

    from app import compiled, logs
    from app.main import create_app
    from app.server import bounded

    read = partial(compiled.load, file=settings.compiled_file, say=logs.logger())
    app = create_app(settings, read=read)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        backlog=BACKLOG,
        loop="auto",
        http=bounded(
            settings.in_flight,
            app.state.refused,
            shed=app.state.shed,
            behind=app.state.behind,
            accepted=app.state.accepted,
        ),
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
    config.get_loop_factory()  # imports it
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
