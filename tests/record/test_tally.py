"""What one call says of how its record could be read."""

from __future__ import annotations

import io
import json

import httpx

from app.main import create_app
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, Json, condition, content, prefetched, request

PATH = "/cds-services/low-back-pain-patient-view"


async def line_of(*resources: Json) -> Json:
    """The log line of a call with these on record."""
    log = io.BytesIO()
    app = create_app(Settings.model_validate({"today": TODAY}), content(), log_file=log)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        sent = request("patient-view", prefetch=prefetched(*resources))
        assert (await client.post(PATH, json=sent)).status_code == 200
    found: Json = json.loads(log.getvalue().splitlines()[-1])
    return found


async def test_a_plain_record_has_nothing_odd_to_tell() -> None:
    assert "reading" not in await line_of(condition(LOW_BACK_PAIN, id="c1"))


async def test_a_resource_that_was_mended_is_counted_in_the_log() -> None:
    odd = condition(LOW_BACK_PAIN, id="c1", onsetDateTime="yesterday")
    assert (await line_of(odd))["reading"] == {"mended": 1}
