"""HealthChain's CDS Hooks service as its documentation writes it: one card, and what HealthChain does itself.

It parses the request into its model; resources of the prefetch stay as they are until a handler reads them.
"""

from __future__ import annotations

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSRequest, CDSResponse
from healthchain.models.responses.cdsresponse import Source

cds = CDSHooksService()


def answered(request: CDSRequest) -> CDSResponse:
    conditions = (request.prefetch or {}).get("conditions") or {}
    found = [
        entry["resource"]["id"]
        for entry in conditions.get("entry", [])
        if entry["resource"]["code"]["coding"][0]["code"] in {"278862001", "279039007"}
    ]
    cards = (
        [Card(summary="Back pain on record", indicator="info", source=Source(label="Peer"))] if found else []
    )
    return CDSResponse(cards=cards)


cds.hook("patient-view", id="low-back-pain-patient-view")(answered)
cds.hook("order-sign", id="low-back-pain-order-sign")(answered)
app = HealthChainAPI()
app.register_service(cds)
