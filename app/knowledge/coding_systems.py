"""Code systems: their canonical names, every URI and OID they travel under, and their code forms."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import luhn, verhoeff

SNOMED_CT, ICD_10_CM, ICD_10, LOINC, CPT, RXNORM, ATC = (
    "SNOMED CT", "ICD-10-CM", "ICD-10", "LOINC", "CPT", "RxNorm", "ATC",
)  # fmt: skip

_NAMES = {
    SNOMED_CT: ("http://snomed.info/sct", "2.16.840.1.113883.6.96"),
    ICD_10_CM: ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90"),
    ICD_10: ("http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3"),
    LOINC: ("http://loinc.org", "2.16.840.1.113883.6.1"),
    CPT: ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12"),
    RXNORM: ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88"),
    ATC: ("http://www.whocc.no/atc", "2.16.840.1.113883.6.73"),
}
_BY_URI = {
    form.lower(): name
    for name, (uri, oid) in _NAMES.items()
    for form in (name, uri, uri.replace("http://", "https://"), f"urn:oid:{oid}", oid)
}
_EDITION = re.compile(r"(https?://snomed\.info/sct)/.*")
HIERARCHICAL = frozenset({ICD_10_CM, ICD_10, ATC})
"""Systems in which a listed code stands for all that begin with it."""
SPOKEN = frozenset({SNOMED_CT, RXNORM})
"""Systems so large that an unlisted code may still be matched by its words."""

_FORMS: dict[str, Callable[[str], bool]] = {
    SNOMED_CT: lambda code: bool(re.fullmatch(r"\d{6,18}", code)) and verhoeff.is_valid(code),
    LOINC: lambda code: bool(re.fullmatch(r"\d{1,7}-\d", code)) and luhn.is_valid(code.replace("-", "")),
    ICD_10_CM: lambda code: bool(re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", code)),
    ICD_10: lambda code: bool(re.fullmatch(r"[A-Z]\d\d(\.\d{1,2})?", code)),
    CPT: lambda code: bool(re.fullmatch(r"\d{4}[0-9A-Z]", code)),
    RXNORM: lambda code: bool(re.fullmatch(r"\d{1,8}", code)),
    ATC: lambda code: bool(re.fullmatch(r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?", code)),
}


def name_of(uri: str) -> str:
    """The canonical name of a system; a system that we hold no codes for keeps its URI.

    Capitals, a version and an edition make no other system of it.
    """
    return _BY_URI.get(uri) or _BY_URI.get(_plain(uri), uri)


def _plain(uri: str) -> str:
    bare = uri.partition("|")[0].strip().rstrip("/").lower()
    return _EDITION.sub(r"\1", bare)


def uri_of(name: str) -> str:
    """The FHIR URI of a canonical name."""
    return _NAMES[name][0] if name in _NAMES else name


def normal(system: str, code: str) -> str:
    """The code as it is compared: no blanks, no dot in ICD codes, capitals where the system has them."""
    code = code.strip()
    return code.replace(".", "").upper() if system in HIERARCHICAL else code


def well_formed(system: str, code: str) -> bool:
    """Whether the code has the system's form, check digit included; unknown systems pass."""
    form = _FORMS.get(system)
    return form is None or form(code)


def known(system: str) -> bool:
    """Whether the name is one of ours, or a URI that a site may use for its own codes."""
    return system in _NAMES or bool(re.match(r"(https?://|urn:)\S+", system))


def known_by_name(name: str) -> bool:
    """Whether a canonical name is one of ours."""
    return name in _NAMES
