"""What happens to each patient: the hooks that fire, the drafts they carry, the cards that must come back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.integration.fhir import (
    CPT,
    RXNORM,
    Json,
    concept,
    draft_bundle,
    imaging_order,
    medication,
    tablets,
)
from tests.integration.patients import LOW_BACK_PAIN

CT_LUMBAR = concept("CT lumbar spine without and with contrast", (CPT, "72133"))
MRI_LUMBAR = concept("MRI lumbar spine without contrast", (CPT, "72148"))
OXYCODONE = concept("oxycodone hydrochloride 5 MG Oral Tablet", (RXNORM, "1049621"))
IBUPROFEN = concept("Ibuprofen 200 MG Oral Tablet", (RXNORM, "310965"))

SYNTHEA_YOUNG = "4ef9f896-10bc-4479-acd6-1153e7318f14"
SYNTHEA_OLD = "43b6ae50-2cca-4934-ad38-282f8934b770"


@dataclass(frozen=True, slots=True)
class Visit:
    """One call of a hook; `expected` holds the ids of all cards that must come back, and of no others."""

    what: str
    hook: str
    expected: frozenset[str]
    drafts: tuple[Json, ...] = ()

    def context(self, who: str) -> Json:
        """The hook's context for that patient."""
        opened = {"patientId": who, "userId": "Practitioner/doctor"}
        if self.hook == "patient-view":
            return opened
        picked = [f"{draft['resourceType']}/{draft['id']}" for draft in self.drafts]
        selections = {"selections": picked} if self.hook == "order-select" else {}
        return {**opened, **selections, "draftOrders": draft_bundle(*self.drafts)}


@dataclass(frozen=True, slots=True)
class Story:
    """A patient of the seeded server and what the clinician does."""

    who: str
    title: str
    visits: tuple[Visit, ...] = field(default=())


def opens(*expected: str) -> Visit:
    """The clinician opens the chart."""
    return Visit("opens the chart", "patient-view", frozenset(expected))


def picks(what: str, draft: Json, *expected: str) -> Visit:
    """The clinician picks an order."""
    return Visit(f"picks {what}", "order-select", frozenset(expected), (draft,))


def signs(what: str, draft: Json, *expected: str) -> Visit:
    """The clinician signs an order."""
    return Visit(f"signs {what}", "order-sign", frozenset(expected), (draft,))


def ct(who: str) -> Json:
    """The lumbar CT for low back pain of the Argonaut appropriate-use examples."""
    return imaging_order("draft-ct", who, CT_LUMBAR, LOW_BACK_PAIN)


def mri(who: str) -> Json:
    """A lumbar MRI for low back pain."""
    return imaging_order("draft-mri", who, MRI_LUMBAR, LOW_BACK_PAIN)


def mri_without_reason(who: str) -> Json:
    """A lumbar MRI that gives no reason."""
    return imaging_order("draft-mri", who, MRI_LUMBAR)


def oxycodone(who: str) -> Json:
    """Three days of oxycodone 5 mg for low back pain."""
    regimen = tablets(4, supply_days=3)
    return medication(
        "draft-drug", who, OXYCODONE, status="draft", days=0, reasonCode=[LOW_BACK_PAIN], **regimen
    )


def oxycodone_without_reason(who: str) -> Json:
    """Three days of oxycodone 5 mg; nobody says what for."""
    return medication("draft-drug", who, OXYCODONE, status="draft", days=0, **tablets(4, supply_days=3))


def ibuprofen(who: str) -> Json:
    """A week of ibuprofen for low back pain."""
    regimen = tablets(3, supply_days=7, each=2)
    return medication(
        "draft-drug", who, IBUPROFEN, status="draft", days=0, reasonCode=[LOW_BACK_PAIN], **regimen
    )


STORIES: tuple[Story, ...] = (
    Story(
        "acute",
        "45-year-old, ten days of low back pain, nothing else",
        (
            opens("stepped-care"),
            picks("a CT", ct("acute"), "avoid-early-imaging", "prefer-mri-without-contrast"),
            signs("an MRI", mri("acute"), "avoid-early-imaging"),
            signs("oxycodone", oxycodone("acute"), "avoid-first-line-opioid"),
            picks("ibuprofen", ibuprofen("acute")),
        ),
    ),
    Story(
        "retention",
        "back pain, and since two days urinary retention",
        (
            opens("suspect-cauda-equina"),
            signs("a CT", ct("retention"), "suspect-cauda-equina"),
            signs("ibuprofen", ibuprofen("retention"), "suspect-cauda-equina"),
        ),
    ),
    Story(
        "fever",
        "back pain, and 38.6 degrees yesterday",
        (
            opens("suspect-spinal-infection"),
            picks("an MRI", mri("fever"), "suspect-spinal-infection"),
        ),
    ),
    Story(
        "cancer",
        "new back pain after breast cancer",
        (
            opens("new-pain-with-cancer-history"),
            signs("oxycodone", oxycodone("cancer"), "new-pain-with-cancer-history"),
        ),
    ),
    Story(
        "fall",
        "78-year-old woman with osteoporosis, five days after a fall",
        (
            opens("suspect-vertebral-fracture"),
            signs("an MRI", mri("fall"), "suspect-vertebral-fracture"),
        ),
    ),
    Story(
        "osteomyelitis",
        "vertebral osteomyelitis on the problem list",
        (
            opens("treat-spinal-infection"),
            signs("a CT", ct("osteomyelitis"), "treat-spinal-infection"),
        ),
    ),
    Story(
        "footdrop",
        "back pain, and since three days a foot drop",
        (
            opens("severe-neurological-deficit"),
            picks("an MRI", mri("footdrop"), "severe-neurological-deficit"),
        ),
    ),
    Story(
        "alprazolam",
        "back pain in a patient who takes alprazolam",
        (
            opens("stepped-care"),
            picks(
                "oxycodone",
                oxycodone("alprazolam"),
                "avoid-opioid-with-benzodiazepine",
                "avoid-first-line-opioid",
            ),
        ),
    ),
    Story(
        "referred",
        "the same, where the request only refers to the medication",
        (
            picks(
                "oxycodone",
                oxycodone("referred"),
                "avoid-opioid-with-benzodiazepine",
                "avoid-first-line-opioid",
            ),
        ),
    ),
    Story(
        "pages",
        "sixty problems, and the urinary retention on the last page of them",
        (opens("suspect-cauda-equina"),),
    ),
    Story(
        "healthy",
        "no back pain at all",
        (
            opens(),
            signs("an MRI without a reason", mri_without_reason("healthy")),
            signs("oxycodone without a reason", oxycodone_without_reason("healthy")),
        ),
    ),
    Story("lbp1", "the sandbox's patient, ten days of low back pain", (opens("stepped-care"),)),
    Story(
        SYNTHEA_YOUNG,
        "a Synthea patient without back pain",
        (opens(), signs("an MRI without a reason", mri_without_reason(SYNTHEA_YOUNG))),
    ),
    Story(
        SYNTHEA_OLD,
        "an old Synthea patient with osteoporosis, stroke and warfarin, without back pain",
        (opens(), signs("oxycodone without a reason", oxycodone_without_reason(SYNTHEA_OLD))),
    ),
)
