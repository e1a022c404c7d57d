"""A clock that is set wrong, and right again: each answer is of the day by the clock, and of no other."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time, timedelta

from app.main import create_app
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, ask, condition, content, prefetched, request, study, topics

CALL = request(
    "order-sign", study("72148", LOW_BACK_PAIN), prefetch=prefetched(condition(LOW_BACK_PAIN, days_ago=10))
)
NOON = datetime.combine(TODAY, time(12), UTC)


async def test_pain_of_ten_days_is_early_again_when_the_clock_is_set_right_again() -> None:
    moment = [NOON]
    app = create_app(Settings(), content(), clock=lambda: moment[0], log_file=io.BytesIO())
    said = []
    for days in (0, 60, 0, -3650, 0):
        moment[0] = NOON + timedelta(days=days)
        answer = await ask("POST", "/cds-services/low-back-pain-order-sign", app, json=CALL)
        said.append(topics(answer.json()["cards"]))
    today, ahead, again, before, at_last = said
    assert "avoid-early-imaging" in today
    assert "conservative-care-first" in ahead
    assert today == again == at_last
    assert "conservative-care-first" not in before
