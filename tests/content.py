"""A tiny made-up pathway, the sore thumb: content for tests of the engine, which knows no medicine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.knowledge.load import FaultyContent, Knowledge, load
from app.knowledge.source import Fault

FILES = {
    "services.yaml": """
content_version: "1"
source_label: Thumbs
topic_system: https://thumbs.example/topics
override_system: https://thumbs.example/reasons
services:
  - id: thumb-view
    hook: patient-view
    title: Thumbs
    description: When a chart is opened.
    usage_requirements: None.
    orders: none
  - id: thumb-select
    hook: order-select
    title: Thumbs
    description: When an order is picked.
    usage_requirements: None.
    orders: selected
  - id: thumb-sign
    hook: order-sign
    title: Thumbs
    description: When orders are signed.
    usage_requirements: None.
    orders: all
""",
    "groups.yaml": """
groups:
  red-flag:
    title: Alarms
    may_be_off: false
    unless: [deceased]
  drug-safety:
    title: Salves
    unless: [deceased]
  deterrent:
    title: Orders
    softened_by: [Condition]
    unless: [deceased, alarm]
    unchecked_fact: alarm
    unchecked: Alarms not fully checked.
  pathway:
    title: Care
    softened_by: [Condition]
    unless: [deceased, alarm]
    one_card: [thumb-care, thumb-school]
replaces:
  - stronger: suspect-numb-thumb
    weaker: [watch-hot-thumb]
max_cards: 4
always_kept: critical
sources:
  Order: this order
  Patient: patient
  Condition: problem list
  MedicationRequest: medications
  Observation: observations
  Procedure: procedures
  ServiceRequest: orders and referrals
  DiagnosticReport: reports
  ImagingStudy: pictures
  AllergyIntolerance: allergies
  Encounter: encounters
""",
    "words.yaml": """
negating: ["no", without]
doubting: [rule out]
ending: [but]
reach: 40
""",
    "evidence.yaml": """
thumb-2020:
  short: Thumb 2020
  citation: Thumb A. On thumbs. J Thumbs 2020;1:1.
  year: 2020
  kind: guideline
  url: https://thumbs.example/2020
  strength: strong
  checked_on: "2026-01-01"
finger-2010:
  short: Finger 2010
  citation: Finger B. On fingers. J Thumbs 2010;1:1.
  year: 2010
  kind: study
  strength: weak
  checked_on: "2026-01-01"
""",
    "attributes.yaml": """
developer: Friends of thumbs
funding: None.
released: "2026-01-01"
revised: "2026-02-01"
unreviewed: Nobody has reviewed this.
uses:
  sex:
    title: Sex
    reads: [sex]
  birth:
    title: Date of birth
    reads: [age_years]
    note: Of the child.
  feeling:
    title: Feeling
    codes:
      ICD-10-CM:
        R20: feeling
  soreness:
    title: Soreness
    value_sets: [acute-thumb]
  handedness:
    title: Handedness
    codes:
      LOINC:
        "57427-8": handedness
""",
    "seeds.yaml": """
statements:
  Rest:
    - says: Thumbs need rest.
      by: finger-2010
      carried_by: [avoid-thumb-picture, thumb-care]
      words: rest
  Fingers:
    - says: Fingers matter too.
      by: [finger-2010, thumb-2020]
      out_of_scope: No thumbs.
conflicts:
  - seed: Pictures first.
    guidelines: Rest first.
    card: Rest.
    stated_on: [avoid-thumb-picture]
    words: rest
""",
    "override-reasons.yaml": """
seen-already:
  display: Seen already
does-not-fit:
  display: Does not fit
  system: https://terminology.example/reasons
  code: misfit
""",
    "facts/patient.yaml": """
deceased:
  ask: Has the patient died?
  label: death
  patient: {element: deceased}
age_years:
  ask: How old is the patient?
  label: age
  patient: {element: age_years}
sex:
  ask: Of which sex is the patient?
  label: sex
  patient: {element: sex}
child:
  ask: Is the patient a child?
  label: childhood
  any_of:
    - age_years < 18
chart_opened:
  ask: Was the chart opened?
  label: chart opened
  hook: {is: patient-view}
""",
    "facts/thumb.yaml": """
sore_thumb:
  ask: Is a thumb sore?
  label: sore thumb
  condition: {in: sore-thumb}
  because: [thumb-2020]
numb_thumb:
  ask: Has a thumb become numb in two weeks?
  label: numb thumb
  condition: {in: numb-thumb, within_days: 14}
glove:
  ask: Is a tight glove known?
  label: tight glove
  condition: {in: glove, status: ever}
fever:
  ask: Is there a fever?
  label: fever
  observation: {in: temperature, at_least: 38, unit: Cel, within_days: 7}
temperature:
  ask: How warm is the patient?
  label: temperature
  number: {in: temperature, unit: Cel, within_days: 7}
fever_limit:
  ask: Is the patient as warm as the site says?
  label: fever
  site_may_set: {from: 37.5, to: 38.5}
  any_of:
    - temperature >= 38
hot_thumb:
  ask: Is a sore thumb hot without a glove?
  label: hot thumb
  all_of:
    - sore_thumb
    - fever
  but_not:
    - glove
alarm:
  ask: Is there an alarm?
  label: alarm
  any_of:
    - numb_thumb
    - hot_thumb
thumb_days:
  ask: For how long has the thumb been sore?
  label: days of soreness
  span: {in: sore-thumb, acute: acute-thumb, chronic: chronic-thumb}
early_thumb:
  ask: Is it early?
  label: early soreness
  any_of:
    - sore_thumb
  but_not:
    - thumb_days >= 42
splint_fitted:
  ask: Was a splint fitted?
  label: splint
  procedure: {in: splint, within_days: 180}
pictured:
  ask: Was the thumb pictured since it is sore?
  label: earlier picture
  study: {in: thumb-picture, since: thumb_days}
referred:
  ask: Was the patient referred?
  label: thumb school
  referral: {in: thumb-school}
wax_allergy:
  ask: Is there an allergy to wax?
  label: allergy to wax
  allergy: {in: wax}
in_hospital:
  ask: Is the patient in hospital?
  label: stay in hospital
  encounter: {current: true, class_in: IMP}
plaster_worn:
  ask: Is a plaster worn?
  label: plaster
  medication: {in: plaster}
thumb_points:
  ask: How many points has the thumb?
  label: thumb points
  points:
    fever: 1
    glove: 2
    age_years >= 70: 1
many_points:
  ask: Are there many points?
  label: thumb points
  any_of:
    - thumb_points >= 3
two_signs:
  ask: Are there two signs?
  label: two signs
  at_least:
    count: 2
    of:
      - fever
      - glove
      - sore_thumb
""",
    "facts/orders.yaml": """
picture_ordered:
  ask: Is this order a picture of the thumb?
  label: picture of the thumb
  order: {in: thumb-picture}
picture_drafted:
  ask: Is a picture of the thumb among the drafts?
  label: picture of the thumb
  order: {in: thumb-picture, among: all}
urgent:
  ask: Is this order urgent?
  label: urgent order
  order: {priority: [urgent, stat]}
salve_ordered:
  ask: Is this order a salve?
  label: salve
  order: {in: salve}
""",
    "suggestions/remove-order.yaml": """
label: "Remove {order}"
description: Removes the draft order.
action: delete
""",
    "suggestions/make-it-urgent.yaml": """
label: Make it urgent
description: Raises the priority.
action: update
changes:
  priority: urgent
""",
    "suggestions/rest-the-thumb.yaml": """
label: Rest the thumb
description: Creates a draft order for rest.
action: create
resource:
  resourceType: ServiceRequest
  status: draft
  intent: order
  code:
    coding:
      - system: https://thumbs.example/acts
        code: rest
        display: rest of the thumb
  subject:
    reference: "{patient}"
  encounter:
    reference: "{encounter}"
  authoredOn: "{today}"
  supportingInfo:
    - reference: "{encounter}"
  reasonCode:
    - text: sore thumb
""",
}
"""Path → text. Value sets and recommendations are added below."""

SETS = {
    "sore-thumb": '{"https://thumbs.example/c": {T1: sore thumb}, "SNOMED CT": {"404684003": sore thumb}}',
    "acute-thumb": '{"https://thumbs.example/c": {T1a: acute sore thumb}}',
    "chronic-thumb": '{"https://thumbs.example/c": {T1c: chronic sore thumb}}',
    "numb-thumb": '{"https://thumbs.example/c": {T2: numb thumb}, "ICD-10-CM": {R20.0: numb thumb}}',
    "glove": '{"https://thumbs.example/c": {T3: tight glove}}',
    "temperature": '{LOINC: {"8310-5": temperature}}',
    "thumb-picture": '{"https://thumbs.example/o": {P1: picture of the thumb}}',
    "splint": '{"https://thumbs.example/o": {P2: fitting of a splint}}',
    "thumb-school": '{"https://thumbs.example/o": {P3: thumb school}}',
    "wax": '{"https://thumbs.example/d": {D1: wax}}',
    "plaster": '{"https://thumbs.example/d": {D2: plaster}}',
    "salve": '{"https://thumbs.example/d": {D3: thumb salve}}',
}
FILES |= {
    f"value-sets/{name}.yaml": f"""
title: {name}
purpose: A concept of thumbs.
version: "1"
sources: [made up]
codes: {codes}
"""
    for name, codes in SETS.items()
}
FILES["value-sets/sore-thumb.yaml"] += "words: [sore thumb]\nincludes: [acute-thumb, chronic-thumb]\n"
FILES["value-sets/cpt/thumb-picture.yaml"] = """
sources: [licensed]
codes:
  CPT:
    "73140": picture of a finger
"""
_HEAD = """
title: {title}
status: active
version: "1"
approved: null
review_by: "2027-01-01"
group: {group}
hooks: [{hooks}]
about: {about}
strength: strong
because: [thumb-2020, finger-2010]
override_reasons: [seen-already, does-not-fit]
"""
_ORDERS, _ALL = "order-select, order-sign", "patient-view, order-select, order-sign"
CARDS = {
    "suspect-numb-thumb": (
        ("Suspect a numb thumb", "red-flag", _ALL, "patient"),
        """
when: [alarm]
unless: [splint_fitted]
say:
  indicator: critical
  summary: "{alarm}: look at the thumb now."
  detail: |
    - **Do:** look at the thumb.
  variants:
    - when: [hot_thumb, not numb_thumb]
      indicator: warning
      summary: A hot thumb without numbness.
    - when: [picture_drafted]
      summary: This order fits a numb thumb.
offer:
  - suggestion: make-it-urgent
    order: picture_drafted
    when: [picture_drafted]
""",
    ),
    "watch-hot-thumb": (
        ("Watch a hot thumb", "red-flag", _ALL, "patient"),
        """
when: [hot_thumb]
say:
  indicator: warning
  summary: Watch the hot thumb.
  detail: Look again tomorrow.
""",
    ),
    "avoid-salve-with-plaster": (
        ("Avoid salve with plaster", "drug-safety", _ORDERS, "order"),
        """
when: [salve_ordered, plaster_worn]
unless: [in_hospital]
say:
  indicator: warning
  summary: "{order} with a plaster: it will slip."
  detail: Take the plaster off first.
offer:
  - suggestion: remove-order
""",
    ),
    "avoid-thumb-picture": (
        ("Avoid a picture of the thumb", "deterrent", _ORDERS, "order"),
        """
when: [picture_ordered, early_thumb]
unless: [splint_fitted, in_hospital]
gentler_when: [wax_allergy]
essential: [Procedure]
say:
  indicator: warning
  summary: "{order}: early pictures rarely help."
  detail: |
    Days of soreness: {thumb_days}. Rest before {order}.
  notes:
    - when: [referred]
      say: "Thumb school was asked for already: {referred}."
offer:
  - suggestion: remove-order
    unless: [urgent]
  - suggestion: rest-the-thumb
    when: [sore_thumb]
    unless: [wax_allergy]
    recommended: true
""",
    ),
    "thumb-care": (
        ("Care for the thumb", "pathway", _ALL, "patient"),
        """
when: [sore_thumb]
unless: [in_hospital]
say:
  indicator: info
  summary: Care for the thumb.
  detail: Warmth.
""",
    ),
    "thumb-school": (
        ("Send to thumb school", "pathway", "patient-view", "patient"),
        """
when: [sore_thumb]
unless: [referred]
say:
  indicator: info
  summary: Send to thumb school.
  detail: A course.
""",
    ),
}
for _name, (_fields, _body) in CARDS.items():
    _title, _group, _hooks, _about = _fields
    _folder = f"recommendations/{_name}"
    FILES[f"{_folder}/card.yaml"] = (
        _HEAD.format(title=_title, group=_group, hooks=_hooks, about=_about) + _body
    )
    FILES[f"{_folder}/rationale.md"] = "Thumbs matter.\n"
    FILES[f"{_folder}/cases.yaml"] = """
- case: Nothing is known.
  facts: {}
  expect: does not apply
"""


def write(root: Path) -> Path:
    """The whole content, as files."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return root


def change(root: Path, name: str, old: str, new: str) -> int:
    """Put a fault into one file; gives the line on which it stands."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"`{old}` stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults(root: Path) -> list[Fault]:
    """What loading reports; at least one fault is expected."""
    with pytest.raises(FaultyContent) as refused:
        load(root)
    return list(refused.value.faults)


def only_fault(root: Path) -> Fault:
    """The one fault that loading reports."""
    found = faults(root)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


@contextmanager
def _written() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield write(Path(folder))


@cache
def knowledge() -> Knowledge:
    """The content, loaded once for all tests that only read it."""
    with _written() as root:
        return load(root)
