"""What is asked of a FHIR server, and what each kind of answer becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

import httpx
import pytest

from app.record.fhir_client import Fetched, FhirClient, Unread

BASE = "http://ehr.example/fhir"
LIMIT = 1000
Reply = (
    Callable[[httpx.Request], httpx.Response]
    | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
)


async def ask(
    reply: Reply,
    path: str = "Condition?patient=1",
    *,
    base: str = BASE,
    token: str | None = None,
    seconds: float = 5,
    insecure: bool = True,
) -> Fetched | Unread:
    """One GET against a server that is a function."""
    client = FhirClient(insecure=insecure, transport=httpx.MockTransport(reply))
    try:
        return await client.get(base, path, token, seconds, LIMIT)
    finally:
        await client.close()


def replies(
    status: int = 200, content: bytes = b"{}", **headers: str
) -> Callable[[httpx.Request], httpx.Response]:
    """A server with one answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, content=content, headers=named)


def never(request: httpx.Request) -> httpx.Response:
    """A server that must not be asked."""
    raise AssertionError(f"asked for {request.url}")


async def test_a_json_answer_is_fetched() -> None:
    assert await ask(replies(content=b'{"a":1}', content_type="application/fhir+json")) == Fetched(b'{"a":1}')


async def test_the_request_says_what_it_accepts_and_carries_the_token() -> None:
    seen: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"{}")

    await ask(remember, token="abc")
    await ask(remember)
    assert str(seen[0].url) == "http://ehr.example/fhir/Condition?patient=1"
    assert seen[0].headers["accept"].startswith("application/fhir+json")
    assert seen[0].headers["authorization"] == "Bearer abc"
    assert "authorization" not in seen[1].headers


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (204, "refused (204)"),
        (301, "redirected (301)"),
        (302, "redirected (302)"),
        (400, "refused (400)"),
        (401, "not authorised (401)"),
        (403, "refused (403)"),
        (404, "not found (404)"),
        (410, "gone (410)"),
        (429, "too many requests (429)"),
        (500, "server error (500)"),
        (503, "server error (503)"),
    ],
)
async def test_every_other_status_is_a_short_reason(status: int, why: str) -> None:
    assert await ask(replies(status, location="http://ehr.example/elsewhere")) == Unread(why)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/fhir+xml", "text/plain"])
async def test_an_answer_of_another_content_type_is_not_fhir(kind: str) -> None:
    assert await ask(replies(content=b"<html></html>", content_type=kind)) == Unread("not FHIR")


async def test_an_answer_without_content_type_is_judged_by_its_body() -> None:
    assert await ask(replies()) == Fetched(b"{}")


async def test_an_answer_that_is_no_utf_8_is_not_fhir() -> None:
    assert await ask(replies(content=b'{"a":"\xff"}')) == Unread("not FHIR")


async def test_a_body_over_the_limit_is_given_up() -> None:
    assert await ask(replies(content=b"x" * (LIMIT + 1))) == Unread("too large")
    assert await ask(replies(content=b"x" * LIMIT)) == Fetched(b"x" * LIMIT)


async def test_an_endless_body_is_given_up_at_the_limit() -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 100
            yield b"x" * 100

    assert await ask(lambda _: httpx.Response(200, content=endless())) == Unread("too large")
    assert given <= LIMIT + 200


async def test_a_compressed_body_is_not_opened() -> None:
    reply = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b"))
    assert await ask(lambda _: reply) == Unread("compressed")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (httpx.ReadTimeout("m"), "timed out"),
        (httpx.ConnectTimeout("m"), "timed out"),
        (httpx.PoolTimeout("m"), "timed out"),
        (httpx.ConnectError("m"), "unreachable"),
        (httpx.RemoteProtocolError("m"), "unreachable"),
    ],
)
async def test_a_failing_connection_is_a_short_reason(error: Exception, why: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    assert await ask(fail) == Unread(why)


async def test_a_server_that_never_answers_ends_with_the_deadline() -> None:
    async def silent(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert await ask(silent, seconds=0.01) == Unread("timed out")


async def test_nothing_is_asked_when_the_time_is_over() -> None:
    assert await ask(never, seconds=0) == Unread("timed out")


@pytest.mark.parametrize(
    "path",
    [
        "http://elsewhere.example/fhir/Condition?page=2",
        "https://ehr.example/fhir/Condition?page=2",
        "http://ehr.example:8080/fhir/Condition",
        "http://ehr.example@elsewhere.example/Condition",
        "http://someone@ehr.example/fhir/Condition",
        "//elsewhere.example/Condition",
        "file:///etc/hosts",
    ],
)
async def test_another_origin_is_never_asked_so_the_token_never_leaves(path: str) -> None:
    assert await ask(never, path, token="abc") == Unread("on another server")


@pytest.mark.parametrize("path", ["http://EHR.example:80/fhir/Condition", "/fhir/Condition", "Condition"])
async def test_the_same_origin_is_asked_however_it_is_written(path: str) -> None:
    assert await ask(replies(), path) == Fetched(b"{}")


async def test_production_asks_https_only() -> None:
    assert await ask(never, insecure=False) == Unread("the FHIR server is not https")
    assert await ask(replies(), base="https://ehr.example/fhir", insecure=False) == Fetched(b"{}")


@pytest.mark.parametrize(
    "base",
    [
        "",
        "ehr.example/fhir",
        "ftp://ehr.example",
        "http://",
        "http://[bad",
        "http://a:99999",
        "http://u:p@a",
        "http://a?b=c",
    ],
)
async def test_an_address_that_cannot_be_used_is_a_reason_and_no_exception(base: str) -> None:
    assert await ask(never, base=base) == Unread("the address of the FHIR server cannot be used")


async def test_cookies_of_one_call_are_not_sent_with_the_next() -> None:
    seen: list[str | None] = []

    def sets_cookie(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, content=b"{}", headers={"set-cookie": "session=1; Path=/"})

    client = FhirClient(insecure=True, transport=httpx.MockTransport(sets_cookie))
    await client.get(BASE, "a", "one", 5, LIMIT)
    await client.get(BASE, "b", "two", 5, LIMIT)
    await client.close()
    assert seen == [None, None]
