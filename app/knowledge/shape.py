"""What every shape under cards/ has in common: frozen, small, and strict about what people write.

A shape is declared once, as a msgspec struct, which costs little to make, to keep and to read back. How
pydantic checks what somebody wrote, so that every fault is told at once, is derived from it.
"""

from __future__ import annotations

from typing import Any, get_type_hints

from msgspec import Struct
from msgspec.structs import fields
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Shape(Struct, frozen=True, dict=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every shape under cards/: frozen, and an unknown key is a fault."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For pydantic: a dictionary with these keys, strictly typed, of which the shape is then made."""
        hints, own = get_type_hints(cls, include_extras=True), fields(cls)
        names = {each.encode_name: each.name for each in own}
        written = core_schema.typed_dict_schema(
            {
                each.encode_name: core_schema.typed_dict_field(
                    handler.generate_schema(hints[each.name]), required=each.required
                )
                for each in own
            },
            config={"strict": True},
            extra_behavior="forbid",
        )

        def made(given: dict[str, Any]) -> Shape:
            return cls(**{names[key]: value for key, value in given.items()})

        return core_schema.no_info_after_validator_function(made, written)
