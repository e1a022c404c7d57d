"""What became of cards: what is taken, what is refused, and what is kept of it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.journal.store import Row, open_store
from app.main import create_app
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, Json, condition, content, prefetched, request, study
from tests.conformance.statements import holds
from tests.test_door import INLINE, Installation, token

SANDBOX = Path(__file__).parents[1] / "requests" / "sandbox"
SENT = [json.loads(each.read_text("utf-8"))["body"] for each in sorted(SANDBOX.glob("*feedback*.json"))]
CALL = "/cds-services/low-back-pain-order-sign"
PATH = f"{CALL}/feedback"
EPIC = "com.epic.cdshooks.feedback.overrideReason."


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The whole service with a journal in a folder."""
    given = {"today": TODAY, "store_url": f"sqlite:///{folder}/journal.sqlite", **settings}
    app = create_app(Settings.model_validate(given), content(), log_file=io.BytesIO())
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            yield client


def kept(folder: Path, columns: str) -> list[Row]:
    """What is stored of feedback."""
    store = open_store(f"sqlite:///{folder}/journal.sqlite")
    store.open()
    try:
        return list(store.read(f"SELECT {columns} FROM feedback ORDER BY {columns}"))
    finally:
        store.close()


def report(card: str, **changes: Any) -> Json:
    """One report."""
    moment = "2026-11-20T10:02:43.333Z"
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": moment, **changes}


async def status(client: httpx.AsyncClient, *reports: Json) -> int:
    """How a body of reports is answered; an acknowledgement has no body."""
    answer = await client.post(PATH, json={"feedback": reports})
    assert answer.status_code != 200 or answer.content == b""
    return answer.status_code


@holds("FB-2", "FB-4", "Q-8")
async def test_batches_repeats_and_unknown_cards_are_taken_and_nothing_twice(tmp_path: Path) -> None:
    body = request("order-sign", study("72148", LOW_BACK_PAIN), prefetch=prefetched(condition(LOW_BACK_PAIN)))
    async with running(tmp_path) as client:
        card = (await client.post(CALL, json=body)).json()["cards"][0]["uuid"]
        for _ in range(2):
            assert await status(client, report(card), report("unknown"), report(card)) == 200
    assert len(kept(tmp_path, "id")) == 2
    assert (card,) in kept(tmp_path, "card")


@holds("cds-fb-1", "cds-fb-2", "cds-fb-3", "FB-3")
async def test_what_is_malformed_is_refused_and_what_is_merely_sparse_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as client:
        assert await status(client, report("a", outcome="ignored")) == 400
        assert await status(client, {"card": "a"}) == 400
        assert await status(client, report("a"), {"outcome": "accepted"}) == 400
        assert await status(client, report("a", outcome="accepted")) == 200
        assert await status(client, report("a", overrideReason={})) == 200
    assert kept(tmp_path, "outcome") == [("accepted",), ("overridden",)]


@holds("FB-5")
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"overrideReason": {"reason": {"code": "red-flag-not-recorded"}}}, "red-flag-not-recorded"),
        ({"overrideReasons": {"reason": {"display": "does not apply to this patient"}}}, "does-not-apply"),
        (
            {"overrideReasons": {"extension": {EPIC + "reasonDisplay": "Does not apply to this patient"}}},
            "does-not-apply",
        ),
    ],
)
async def test_reasons_are_found_as_each_client_names_them(
    tmp_path: Path, override: Json, expected: str
) -> None:
    async with running(tmp_path) as client:
        assert await status(client, report("123456", **override)) == 200
    assert kept(tmp_path, "reason") == [(expected,)]


@holds("FB-5")
@pytest.mark.parametrize("sent", SENT, ids=["accepted", "overridden"])
async def test_what_the_sandbox_sent_is_taken(tmp_path: Path, sent: Json) -> None:
    async with running(tmp_path) as client:
        assert (await client.post(PATH, json=sent)).status_code == 200
    assert kept(tmp_path, "card, outcome") == [(each["card"], each["outcome"]) for each in sent["feedback"]]


@holds("FB-6")
async def test_comments_are_kept_only_where_the_site_wants_them(tmp_path: Path) -> None:
    spoken = report("a", overrideReason={"userComment": "Told by phone"})
    for number, (words, expected) in enumerate([(False, None), (True, "Told by phone")]):
        folder = tmp_path / str(number)
        async with running(folder, feedback_words=words) as client:
            assert await status(client, spoken) == 200
        assert kept(folder, "comment") == [(expected,)]


@holds("FB-1")
async def test_a_token_for_feedback_is_one_for_its_own_address(tmp_path: Path) -> None:
    where, path = Installation(tmp_path, {"ehr": INLINE}), "/cds-services/thumb-view/feedback"
    assert await where.call(None, path) == 401
    assert await where.call(token("/cds-services/thumb-view"), path) == 401
    assert await where.call(token(path), path) == 400  # verified, and then no feedback in it
