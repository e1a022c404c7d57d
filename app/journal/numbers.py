"""The journal in numbers, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.journal.writer import Writer


class Numbers(Collector):
    """What a writer has written and lost."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def collect(self) -> Iterator[Metric]:
        """The numbers at this moment."""
        state = self._writer.state
        for name, what, value in (
            ("rows", "Rows that were written.", state.written),
            ("dropped", "Calls that were not written, because too many waited for the store.", state.dropped),
            ("refused", "Calls and feedback that the store would not take.", state.refused),
        ):
            yield CounterMetricFamily(f"plumbline_journal_{name}", what, value)
        yield GaugeMetricFamily("plumbline_journal_waiting", "Calls that wait to be written.", state.waiting)
