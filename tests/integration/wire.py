"""Plain HTTP to the service, for requests that no real client would build."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.conformance.invariants import check_response

Json = dict[str, Any]
HOOK_SECONDS = 60.0


def post(url: str, body: Json) -> tuple[int, Json]:
    """Status and JSON body of a POST, whatever the status."""
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=HOOK_SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def get_json(url: str) -> Any:
    """The JSON of a GET."""
    with urllib.request.urlopen(url, timeout=HOOK_SECONDS) as response:
        return json.load(response)


def post_hook(cds: str, body: Json) -> tuple[int, Json]:
    """Posts a hook request to the service that answers its hook; every 200 must be a valid response."""
    status, response = post(f"{cds}/cds-services/low-back-pain-{body['hook']}", body)
    if status == 200:
        check_response(response)
    return status, response


def preflight(url: str, origin: str, method: str, headers: str) -> Mapping[str, str]:
    """The headers, in lower case, of the answer to a browser's question before it calls across origins."""
    question = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    request = urllib.request.Request(url, headers=question, method="OPTIONS")
    with urllib.request.urlopen(request, timeout=HOOK_SECONDS) as response:
        return {name.lower(): value for name, value in response.headers.items()}
