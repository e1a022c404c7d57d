"""The models of fhir.resources, R4B, told before their first import to ignore elements they do not know.

They take their configuration over when they are imported: whoever needs one gets it here.
"""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir_core.fhirabstractmodel import FHIRAbstractModel

FHIRAbstractModel.set_global_model_config(extra="ignore")


def model_of(resource_type: str) -> Any:
    """The model of a FHIR resource type; LookupError when there is none."""
    return get_fhir_model_class(resource_type)
