"""Labels of metrics from what calls say: a few words of our own, never what an EHR sent."""

from __future__ import annotations

import re
from functools import lru_cache

OTHER = "other"
_NOT_READ = (
    "not sent", "not asked for", "not FHIR", "only the first page was sent", "the EHR reported an error",
    "another type of resource was sent", "an entry could not be read", "fetched", "timed out", "unreachable",
    "not authorised", "refused", "not found", "gone", "too many requests", "server error", "redirected",
    "compressed", "too large", "on another server", "the FHIR server is not https",
    "the address of the FHIR server cannot be used", "at an address that is not allowed",
    "could not be read", "to another patient",
    "could not be resolved", "the record is too long",
)  # fmt: skip
_NOT_CLEAR = (
    "not exact enough to decide", "value not exact enough", "date not exact", "date not recorded",
    "onset not recorded", "date of birth not recorded", "days of supply not recorded", "dose not recorded",
    "frequency not recorded", "answer not coded", "values of one day differ",
    "status not recorded", "instruction not readable",
)  # fmt: skip
_ENDINGS = sorted((*_NOT_READ, *_NOT_CLEAR), key=len, reverse=True)
_STATUS = re.compile(r" \(\d{3}\)$")
_SYSTEMS = (
    ("ICD-9", ("http://hl7.org/fhir/sid/icd-9", "urn:oid:2.16.840.1.113883.6.103")),
    ("ICD-10-PCS", ("http://www.cms.gov/medicare/coding/icd10", "urn:oid:2.16.840.1.113883.6.4")),
    ("ICD-11", ("http://id.who.int/icd",)),
    ("ICPC", ("http://hl7.org/fhir/sid/icpc", "urn:oid:2.16.840.1.113883.6.139")),
    ("NDC", ("http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69")),
    ("CVX", ("http://hl7.org/fhir/sid/cvx",)),
    ("HCPCS", ("https://www.cms.gov/medicare/coding/hcpcs", "urn:oid:2.16.840.1.113883.6.285")),
    ("dm+d", ("https://dmd.nhs.uk",)),
    ("Read", ("http://read.info",)),
    ("IMO", ("urn:oid:2.16.840.1.113883.3.247",)),
    ("First Databank", ("http://www.fdbhealth.com", "urn:oid:2.16.840.1.113883.6.253")),
    ("Medi-Span", ("http://www.wolterskluwercdi.com", "urn:oid:2.16.840.1.113883.6.68")),
    ("Multum", ("https://www.cerner.com/multum", "urn:oid:2.16.840.1.113883.6.314")),
    ("Epic", ("urn:oid:1.2.840.114350", "urn:com.epic", "http://open.epic.com", "https://open.epic.com")),
    ("Cerner", ("https://fhir.cerner.com", "urn:oid:2.16.840.1.113883.3.13")),
    ("HL7 terminology", ("http://terminology.hl7.org", "http://hl7.org/fhir/")),
    ("HL7 v2 or v3", ("urn:oid:2.16.840.1.113883.5", "urn:oid:2.16.840.1.113883.12")),
)  # fmt: skip
"""Code systems that EHRs are known to use and that no value set lists, by how their names begin."""
_BEGINNING = 80
"""Characters, more than any of them has."""


@lru_cache(maxsize=256)
def phrase(why: str) -> str:
    """A reason as one of a few; what may name a drug, a number or a status is cut to its ending."""
    bare = _STATUS.sub("", why) if why.endswith(")") else why
    return bare if bare in _NOT_READ else next((each for each in _ENDINGS if bare.endswith(each)), OTHER)


def system_label(system: str) -> str:
    """A code system as one of a few names: an EHR may write anything where a system belongs."""
    return _label(system[:_BEGINNING])


@lru_cache(maxsize=256)
def _label(system: str) -> str:
    lower = system.lower()
    return next((name for name, starts in _SYSTEMS if lower.startswith(starts)), OTHER)
