"""What Prometheus reads: counts and times of what was done. Every label is a word of our own making.

A hook call adds to plain numbers here; they become metrics when somebody asks, because a call that counted
into the library's own counters would spend more on counting than on parsing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from app.answering import Answered
from app.decide import Decision, Outcome
from app.errors import Failure, Overloaded
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Recommendation
from app.logs import Line
from app.phrases import phrase, system_label
from app.protocol.feedback import Feedback
from app.record.values import Gap

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the stages' times, in seconds."""
FETCHED = "fetched"
_NOT = Outcome.DOES_NOT_APPLY.value
_FEEDBACK = ("accepted", "overridden")


class Times:
    """One histogram: how many took up to each of BOUNDS, and their sum in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Upper bounds with the number of those below, as Prometheus wants them."""
        return list(zip([*map(str, BOUNDS), "+Inf"], accumulate(self.counts), strict=True))


class Metrics:
    """The numbers of one process. `registry` is what Prometheus sees of them.

    What happens seldom is counted in the library's counters, by whoever sees it: `feedback`,
    `unauthorised`, `shed`, `reloads`.
    """

    def __init__(self, content: Knowledge) -> None:
        self.requests: Tally[tuple[str, int]] = Tally()
        self.failures: Tally[str] = Tally()
        self.times: dict[str, Times] = {}
        self._states: Tally[tuple[str, str]] = Tally()
        self.unread: Tally[tuple[str, str]] = Tally()
        self.decisions: Tally[tuple[str, str]] = Tally()
        self.cannot_tell: Tally[tuple[str, str]] = Tally()
        self.cards: Tally[tuple[str, str]] = Tally()
        self.unmapped: Tally[str] = Tally()
        self._calls: Tally[str] = Tally()
        self._orders: Tally[str] = Tally()
        self._told: Tally[str] = Tally()
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Collector(self))
        self.feedback = Counter(
            "plumbline_feedback", "Feedback that was kept.", ["outcome"], registry=registry
        )
        self.unauthorised = Counter(
            "plumbline_unauthorised", "Callers that were turned away.", ["reason"], registry=registry
        )
        self.shed = Counter(
            "plumbline_shed", "Requests shed because too many were in flight.", registry=registry
        )
        self.reloads = Counter(
            "plumbline_content_reloads", "Changes of the content folder.", ["result"], registry=registry
        )
        self._info = Gauge(
            "plumbline_content_info", "The content that is served.", ["version", "digest"], registry=registry
        )
        self._ready = Gauge(
            "plumbline_ready", "1 where a readiness check finds nothing wrong.", ["check"], registry=registry
        )
        for counter, labels in ((self.feedback, _FEEDBACK), (self.reloads, ("served", "refused"))):
            for label in labels:
                counter.labels(label)  # else the first of its kind would look like no change at all
        self._content = content
        self.serves(content)

    def kept(self, feedback: Iterable[Feedback]) -> None:
        """Feedback was stored."""
        for each in feedback:
            self.feedback.labels(each.outcome).inc()

    def serves(self, content: Knowledge) -> None:
        """From now on decisions are those of this content."""
        self.decisions.update(self._that_did_not_apply())
        for since in (self._calls, self._orders, self._told):
            since.clear()
        self._content = content
        self._info.clear()
        self._info.labels(content.version, content.digest).set(1)

    def request(self, line: Line, status: int, seconds: float) -> None:
        """One request was answered. Only hook calls have a service, and only those are timed."""
        service = line.fields.get("service", "")
        self.requests[str(service), status] += 1
        if "failure" in line.fields:
            self.failures[str(line.fields["failure"])] += 1
            self._turned_away(line)
        if service:
            for stage, milliseconds in line.ms.items():
                self._time(stage, milliseconds / 1000)
            self._time("total", seconds)

    def _turned_away(self, line: Line) -> None:
        if line.fields["failure"] == "Unauthorised":
            self.unauthorised.labels(line.fields.get("reason", "")).inc()
        elif line.fields["failure"] == "Overloaded":
            self.shed.inc()

    def refused(self, failure: Failure) -> None:
        """A request was refused by the server itself: it has no line."""
        self.requests["", failure.status] += 1
        self.failures[type(failure).__name__] += 1
        if isinstance(failure, Overloaded):
            self.shed.inc()

    def _time(self, stage: str, seconds: float) -> None:
        times = self.times.get(stage)
        if times is None:
            times = self.times[stage] = Times()
        times.add(seconds)

    def gathered(self, states: Mapping[str, str], gaps: Iterable[Gap]) -> None:
        """What became of the queries of one call."""
        self._states.update(states.items())
        for gap in gaps:
            self.unread[gap.source, phrase(gap.why)] += 1

    def answered(self, hook: str, answered: Answered) -> None:
        """What was decided in one call. What did not apply is left to be worked out: it is most of it."""
        self._calls[hook] += 1
        self._orders[hook] += len(answered.judged)
        for decision in answered.decisions.looked_into:
            if decision.outcome is not Outcome.DOES_NOT_APPLY:
                self._decided(decision)
        for decision, _ in answered.composition.shown:
            self.cards[decision.id, decision.indicator] += 1
        for system, number in answered.tally.foreign.items():
            self.unmapped[system_label(system)] += number

    def _decided(self, decision: Decision) -> None:
        self.decisions[decision.id, decision.outcome.value] += 1
        self._told[decision.id] += 1
        if decision.outcome is Outcome.CANNOT_TELL:
            for reason in decision.unchecked[:1]:
                self.cannot_tell[reason.source, phrase(reason.why)] += 1

    def _that_did_not_apply(self) -> Tally[tuple[str, str]]:
        """Since this content is served: how often it was asked for, less what was counted.

        What a site has switched off for a client counts here as well.
        """
        asked = {name: self._asked(each) for name, each in self.active().items()}
        return Tally({(name, _NOT): number - self._told[name] for name, number in asked.items()})

    def _asked(self, recommendation: Recommendation) -> int:
        counted = self._orders if recommendation.about == "order" else self._calls
        return sum(counted[hook] for hook in recommendation.hooks)

    def active(self) -> dict[str, Recommendation]:
        """The recommendations that can be decided."""
        every = self._content.recommendations.items()
        return {name: each for name, each in every if each.status == "active"}

    def prefetch(self) -> Mapping[tuple[str, str], int]:
        """What was sent for each key; what had to be fetched was absent."""
        found: Tally[tuple[str, str]] = Tally()
        for (key, state), number in self._states.items():
            sent = state.partition(", ")[0]
            found[key, "absent" if sent == FETCHED else sent] += number
        return found

    def fetches(self) -> Mapping[str, int]:
        """How often a query went to a FHIR server, by what came of it."""
        found: Tally[str] = Tally()
        for (_, state), number in self._states.items():
            sent, _, came = state.partition(", ")
            if came or sent == FETCHED:
                found[phrase(came or sent)] += number
        return found

    def all_decisions(self) -> Mapping[tuple[str, str], int]:
        """Decisions by recommendation and outcome; a recommendation that never applied has a 0."""
        found = Tally({(name, outcome.value): 0 for name in self.active() for outcome in Outcome})
        found.update(self.decisions)
        found.update(self._that_did_not_apply())
        return found

    def all_cards(self) -> Mapping[tuple[str, str], int]:
        """Cards by recommendation and indicator; those that were never shown have a 0."""
        zeros = {(name, each.say.indicator): 0 for name, each in self.active().items()}
        return zeros | self.cards

    def exposition(self, ready: Mapping[str, str]) -> bytes:
        """The text for Prometheus; `ready` says by check what is wrong, "" where nothing is."""
        for check, wrong in ready.items():
            self._ready.labels(check).set(not wrong)
        return generate_latest(self.registry)


class _Collector(Collector):
    """The plain numbers as metric families."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        of = self.metrics
        yield _counted(
            "requests", "Requests by service and status.", ("service", "status"), of.requests.items()
        )
        yield _counted("failures", "Refusals and failures.", ("failure",), _single(of.failures))
        yield _counted(
            "decisions", "Decisions by outcome.", ("recommendation", "outcome"), of.all_decisions().items()
        )
        yield _counted("cards", "Cards shown.", ("recommendation", "indicator"), of.all_cards().items())
        yield _counted(
            "cannot_tell",
            "Recommendations that could not be told, by what they lacked first.",
            ("source", "reason"),
            of.cannot_tell.items(),
        )
        yield _counted("unread", "Data that was not read.", ("source", "reason"), of.unread.items())
        yield _counted(
            "prefetch", "What was sent for a prefetch key.", ("key", "state"), of.prefetch().items()
        )
        yield _counted("fetches", "Queries to FHIR servers.", ("result",), _single(of.fetches()))
        yield _counted(
            "unmapped_codes", "Codes of systems without value set.", ("system",), _single(of.unmapped)
        )
        yield self._stages()

    def _stages(self) -> Metric:
        family = HistogramMetricFamily(
            "plumbline_stage_seconds", "Time of hook calls by stage, and in total.", labels=("stage",)
        )
        for stage, times in self.metrics.times.items():
            family.add_metric((stage,), times.buckets(), times.total)
        return family


def _single(tally: Mapping[str, int]) -> Iterator[tuple[tuple[str], int]]:
    return (((name,), number) for name, number in tally.items())


def _counted(
    name: str, what: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[object, ...], int]]
) -> Metric:
    family = CounterMetricFamily(f"plumbline_{name}", what, labels=labels)
    for values, number in counts:
        family.add_metric([str(value) for value in values], number)
    return family
