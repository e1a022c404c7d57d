"""Who the patient is, and which hook is calling."""

from __future__ import annotations

from datetime import date

from app.answer import YES, Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.knowledge.fact import HookFact, PatientFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Order, When

SOURCE = "Patient"


def answer(asked: PatientFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Age in completed years, sex as a word, or whether the patient has died."""
    if asked.element == "deceased":
        return yes() if record.patient.deceased else _absent(record)
    if asked.element == "sex":
        sex = record.patient.sex
        return Answer(YES, (Finding(sex, SOURCE),), value=sex) if sex else _absent(record)
    birth = record.patient.birth
    if birth is None:
        unread = [Reason(SOURCE, gap.why) for gap in record.of(SOURCE).gaps]
        return cannot_tell(unread or [Reason(SOURCE, "date of birth not recorded")])
    years = _years(birth, record)
    shown = str(int(years.low)) if years.low == years.high else f"{int(years.low)} to {int(years.high)}"
    return number(years, [Finding(shown, SOURCE)])


def _absent(record: Record) -> Answer:
    gaps = record.of(SOURCE).gaps
    return cannot_tell(Reason(SOURCE, gap.why) for gap in gaps) if gaps else no()


def _years(birth: When, record: Record) -> Interval:
    return Interval(_completed(birth.latest, record.today), _completed(birth.earliest, record.today))


def _completed(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def calling(asked: HookFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether this is one of the named hooks."""
    return yes() if record.hook in asked.is_ else no()
