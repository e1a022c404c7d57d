"""The models of fhir.resources, R4B, told before their first import to ignore elements they do not know.

They take their configuration over when they are imported: whoever needs one gets it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from fhir.resources.R4B import get_fhir_model_class
from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import BaseModel, create_model, model_validator

FHIRAbstractModel.set_global_model_config(extra="ignore")


@cache
def model_of(resource_type: str) -> Any:
    """The model of a FHIR resource type, made when it is asked for first; LookupError when there is none."""
    return get_fhir_model_class(resource_type)


class _WithoutNulls(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def reject_null_complex_elements(cls, resource: Any) -> Any:
        """Takes the place of the models' own validator of this name."""
        return resource


@cache
def model_without_nulls(resource_type: str) -> Any:
    """The same for resources in whose lists no null stands: looking for one takes a third of a validation."""
    model = model_of(resource_type)
    return create_model(model.__name__, __base__=(_WithoutNulls, model))


def valid(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is FHIR R4 as it stands: its model accepts it and knows every element of it."""
    plain = msgspec.json.decode(msgspec.json.encode(resource))  # decimals may stand in it as they were sent
    try:
        read = model_of(plain["resourceType"]).model_validate(plain)
    except (LookupError, ValueError, TypeError):  # pydantic's errors among them
        return False
    return _within(plain, msgspec.json.decode(read.model_dump_json()))


def _within(sent: Any, read: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(read, dict) and all(
            key in read and _within(value, read[key]) for key, value in sent.items()
        )
    if isinstance(sent, list):
        return isinstance(read, list) and len(sent) == len(read) and all(map(_within, sent, read))
    return True
