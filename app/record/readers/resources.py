"""The elements that are read of each resource, in the names and the form of FHIR R4."""

from __future__ import annotations

from typing import Any

from app.record.readers.shapes import (
    CODING,
    CONCEPT,
    PERIOD,
    QUANTITY,
    RANGE,
    RATIO,
    kept,
    kind_of_visit,
    moment,
    note,
    plain,
    reference,
    state,
    told,
)

_RESOURCE = {
    "resourceType": plain,
    "id": plain,
    "status": plain,
    "subject": reference,
    "modifierExtension": kept,
    "contained": kept,
}
_REQUEST = {
    **_RESOURCE,
    "intent": plain,
    "priority": plain,
    "doNotPerform": plain,
    "authoredOn": moment,
    "reasonCode": (told,),
    "reasonReference": (reference,),
    "note": (note,),
}
_STATED = {
    **{name: each for name, each in _RESOURCE.items() if name != "status"},
    "clinicalStatus": state,
    "verificationStatus": state,
    "recordedDate": moment,
    "code": CONCEPT,
}
CONDITION: dict[str, Any] = {
    **_STATED,
    "category": (told,),
    "severity": told,
    "encounter": reference,
    "onsetDateTime": moment,
    "onsetPeriod": PERIOD,
    "onsetAge": QUANTITY,
    "abatementDateTime": moment,
    "abatementPeriod": PERIOD,
    "abatementAge": QUANTITY,
    "abatementRange": RANGE,
    "abatementString": plain,
    "abatementBoolean": plain,
}
ALLERGY: dict[str, Any] = {**_STATED, "status": plain, "reaction": ({"substance": CONCEPT},)}
_REPEAT = {
    "boundsDuration": QUANTITY,
    "boundsPeriod": PERIOD,
    "boundsRange": RANGE,
    "dayOfWeek": (plain,),
    "timeOfDay": (plain,),
    "when": (plain,),
    **dict.fromkeys(
        ("count", "countMax", "duration", "durationMax", "durationUnit", "frequency", "frequencyMax"), plain
    ),
    **dict.fromkeys(("period", "periodMax", "periodUnit", "offset", "periodUnits"), plain),
}
_DOSE = {
    "type": told,
    "doseQuantity": QUANTITY,
    "doseRange": RANGE,
    "rateQuantity": QUANTITY,
    "rateRange": RANGE,
    "rateRatio": RATIO,
}
DOSAGE: dict[str, Any] = {
    **{name: each for name, each in _DOSE.items() if name != "type"},
    "modifierExtension": kept,
    "sequence": plain,
    "text": plain,
    "timing": {"event": (moment,), "repeat": _REPEAT, "code": told},
    "asNeededBoolean": plain,
    "asNeededCodeableConcept": told,
    "asNeeded": plain,
    "asNeededFor": (told,),
    "doseAndRate": (_DOSE,),
    "maxDosePerPeriod": RATIO,
    "maxDosePerAdministration": QUANTITY,
}
MEDICATION_REQUEST: dict[str, Any] = {
    **_REQUEST,
    "category": (told,),
    "medicationCodeableConcept": CONCEPT,
    "medicationReference": reference,
    "priorPrescription": reference,
    "dosageInstruction": (DOSAGE,),
    "dispenseRequest": {
        "validityPeriod": PERIOD,
        "numberOfRepeatsAllowed": plain,
        "quantity": QUANTITY,
        "expectedSupplyDuration": QUANTITY,
    },
}
MEDICATION: dict[str, Any] = {
    "code": CONCEPT,
    "modifierExtension": kept,
    "ingredient": ({"itemCodeableConcept": CONCEPT},),
}
SERVICE_REQUEST: dict[str, Any] = {
    **_REQUEST,
    "code": CONCEPT,
    "category": (told,),
    "bodySite": (told,),
    "performerType": told,
    "orderDetail": (told,),
    "occurrenceDateTime": moment,
    "occurrencePeriod": PERIOD,
}
PROCEDURE: dict[str, Any] = {
    **_RESOURCE,
    "code": CONCEPT,
    "category": told,
    "bodySite": (told,),
    "notDone": plain,
    "reasonCode": (told,),
    "reasonReference": (reference,),
    "performedDateTime": moment,
    "performedPeriod": PERIOD,
    "performedAge": QUANTITY,
}
REPORT: dict[str, Any] = {
    **_RESOURCE,
    "code": CONCEPT,
    "category": (told,),
    "effectiveDateTime": moment,
    "effectivePeriod": PERIOD,
    "issued": moment,
}
IMAGES: dict[str, Any] = {
    **_RESOURCE,
    "procedureCode": (told,),
    "description": plain,
    "modality": (CODING,),
    "started": moment,
    "reasonCode": (told,),
    "series": ({"modality": CODING, "description": plain, "bodySite": CODING},),
}
_VALUE: dict[str, Any] = {
    "code": CONCEPT,
    "modifierExtension": kept,
    "valueQuantity": QUANTITY,
    "valueCodeableConcept": CONCEPT,
    "valueString": plain,
    "valueBoolean": plain,
    "valueInteger": plain,
    "valueRange": RANGE,
    "dataAbsentReason": told,
    "interpretation": (told,),
    "referenceRange": ({"low": QUANTITY, "high": QUANTITY, "type": told},),
}
OBSERVATION: dict[str, Any] = {
    **_RESOURCE,
    **_VALUE,
    "effectiveDateTime": moment,
    "effectivePeriod": PERIOD,
    "effectiveInstant": moment,
    "issued": moment,
    "component": (_VALUE,),
}
ENCOUNTER: dict[str, Any] = {
    **_RESOURCE,
    "class": kind_of_visit,
    "type": (told,),
    "reasonCode": (told,),
    "reasonReference": (reference,),
    "diagnosis": ({"condition": reference},),
    "period": PERIOD,
}
PATIENT: dict[str, Any] = {
    "resourceType": plain,
    "id": plain,
    "modifierExtension": kept,
    "birthDate": moment,
    "gender": plain,
    "deceasedBoolean": plain,
    "deceasedDateTime": moment,
}
