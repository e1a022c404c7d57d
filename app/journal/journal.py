"""The journal as the rest of the service sees it: tell it of a call, keep feedback, ask how the store is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from app.clients import Client
from app.journal.hashes import HashKey
from app.journal.reasons import Reasons
from app.journal.records import HookCall, Report
from app.journal.writer import Writer
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Service
from app.logs import Line
from app.protocol.feedback import Feedback
from app.repeats import Reply

_COMMENT = 2000
"""Code points of a comment that are kept."""


class Journal:
    """Decisions and feedback of this process, on their way to the store that `writer` owns."""

    def __init__(
        self,
        writer: Writer,
        key: HashKey,
        clock: Callable[[], datetime],
        *,
        keep_words: bool = False,
    ) -> None:
        self.writer = writer
        self._key = key
        self._clock = clock
        self._keep_words = keep_words

    def note(
        self,
        line: Line,
        service: Service,
        reply: Reply,
    ) -> None:
        """Leave a reply to be written: references only, nothing is worked out here."""
        self.writer.note(
            HookCall(
                line.request_id,
                self._now(),
                reply.client,
                service.id,
                service.hook,
                reply.instance,
                reply.patient,
                reply.user,
                reply.encounter,
                reply.account,
                reply.gaps,
                line.ms,
                self._key,
            )
        )

    async def keep(
        self, content: Knowledge, client: Client, service: Service, feedback: Iterable[Feedback]
    ) -> None:
        """Returns when all of it is on disk; StoreUnavailable otherwise."""
        known, system = content.override_reasons, content.services.override_system
        reasons = Reasons(known, system, self._key, keep_words=self._keep_words)
        reports = [self._report(client, service, each, reasons) for each in feedback]
        if reports:
            await self.writer.put(row for each in reports for row in each.rows())

    def _report(self, client: Client, service: Service, sent: Feedback, reasons: Reasons) -> Report:
        return Report(
            at=self._now(),
            client=client.id,
            service=service.id,
            card=sent.card,
            outcome=sent.outcome,
            outcome_at=_ms(sent.at) if sent.at else None,
            suggestions=sent.suggestions,
            reason=reasons.named(client.id, sent.reason) if sent.reason else None,
            words=sent.comment[:_COMMENT] if sent.comment and self._keep_words else None,
            key=self._key,
        )

    def _now(self) -> int:
        return _ms(self._clock())


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
