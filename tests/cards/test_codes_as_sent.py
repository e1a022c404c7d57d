"""What EHRs write where a code belongs: other forms of a system or state, codes that withhold what it is."""

from __future__ import annotations

import pytest

from tests.calls import cards, condition, prefetched, topics


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("URN:OID:2.16.840.1.113883.6.90", "G83.4"),
        ("http://hl7.org/fhir/sid/ICD-10-CM", "G83.4"),
        ("http://snomed.info/sct/731000124108", "192970008"),
    ],
)
async def test_a_coded_cauda_equina_syndrome_is_heard_under_every_form_of_its_system(system: str, code: str):
    syndrome = condition(days_ago=3, code={"coding": [{"system": system, "code": code}]})
    shown = await cards("patient-view", prefetch=prefetched(syndrome))
    assert topics(shown) == {"suspect-cauda-equina": "critical"}
