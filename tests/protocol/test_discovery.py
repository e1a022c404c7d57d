"""The discovery document on the wire."""

from __future__ import annotations

from app.protocol.discovery import Discovery, ServiceEntry, encode


def test_no_service_is_an_empty_list() -> None:
    assert encode(Discovery([])) == b'{"services":[]}'


def test_what_has_no_value_is_left_out() -> None:
    entry = ServiceEntry(hook="order-sign", id="a", description="Says b.")
    assert (
        encode(Discovery([entry])) == b'{"services":[{"hook":"order-sign","id":"a","description":"Says b."}]}'
    )


def test_names_are_those_of_the_specification() -> None:
    entry = ServiceEntry(
        hook="order-sign",
        id="a",
        description="d",
        title="t",
        prefetch={"p": "Patient/1"},
        usage_requirements="u",
    )
    written = encode(Discovery([entry]))
    assert b'"title":"t","prefetch":{"p":"Patient/1"},"usageRequirements":"u"' in written
