"""Where references point: the patient of a resource, and resources that were sent along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from app.record.readers.elements import word
from app.record.readers.scope import Json, Scope
from app.record.readers.sent import UNDECODABLE, Resource, Sent, whole


class _Named(msgspec.Struct):
    resourceType: str
    id: str


_NAMED = msgspec.json.Decoder(_Named)


class Referable:
    """Resources by `Type/id`, looked through when the first reference asks: most records have none."""

    def __init__(self, *resources: Sequence[Resource]) -> None:
        self._resources = resources
        self._named: dict[str, Resource] | None = None

    def get(self, name: str) -> Resource | None:
        """The resource of this name, if there is one."""
        if self._named is None:
            self._named = referable(each for some in self._resources for each in some)
        return self._named.get(name)


def referable(resources: Iterable[Resource]) -> dict[str, Resource]:
    """Resources by `Type/id`, for references to be resolved; those without either are left out."""
    found: dict[str, Resource] = {}
    for each in resources:
        try:
            named = each if isinstance(each, Sent) else _NAMED.decode(each)
        except UNDECODABLE:
            continue
        if isinstance(named.id, str):
            found[f"{named.resourceType}/{named.id}"] = each
    return found


def target(reference: object) -> tuple[str | None, str] | None:
    """(type, id) of a relative, absolute, versioned or urn reference; the type is None where it is not said.

    None for no reference, a contained resource and a search.
    """
    text = word(reference)
    if not text or text.startswith("#") or "?" in text:
        return None
    if text.startswith("urn:"):
        return None, text.rsplit(":", 1)[-1]
    parts = text.partition("#")[0].rstrip("/").split("/")
    if len(parts) > 2 and parts[-2] == "_history":
        parts = parts[:-2]
    if not parts[-1]:
        return None
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


def relative(reference: object) -> str | None:
    """`Type/id`, as far as both can be told."""
    found = target(reference)
    return f"{found[0]}/{found[1]}" if found and found[0] else None


def about(subject: object, patient_id: str) -> bool:
    """Whether a subject is this patient; a subject without a reference is taken to be."""
    found = target(subject.get("reference")) if isinstance(subject, dict) else None
    return found is None or (found[0] in (None, "Patient") and found[1] == patient_id)


def resolve(reference: object, holder: Json, scope: Scope) -> Json | None:
    """The resource that a reference points to: contained in its holder, or among the others."""
    text = word(reference)
    if text.startswith("#"):
        return _contained(text[1:], holder)
    names = (text, relative(text) or "")
    sent = next((each for name in names if (each := scope.drafts.get(name) or scope.others.get(name))), None)
    if sent is None or isinstance(sent, dict):
        return sent
    try:
        found = whole(sent)
    except UNDECODABLE:
        return None
    return found if isinstance(found, dict) else None


def _contained(name: str, holder: Json) -> Json | None:
    contained = holder.get("contained")
    each = contained if isinstance(contained, list) else [contained]
    return next((one for one in each if isinstance(one, dict) and one.get("id") == name), None)
