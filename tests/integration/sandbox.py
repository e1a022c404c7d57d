"""The CDS Hooks sandbox, built from its own repository, driven as a clinician uses it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Locator, Page, Response, Route

from tests.integration.browser import web_server

BUILT = "CDS_HOOKS_SANDBOX"
"""The variable that names the folder of the built sandbox: the one with index.html and app.bundle.js."""
SCREENS = {
    "patient-view": "patient-view",
    "rx-view": "order-select",
    "rx-sign": "order-sign",
    "pama": "order-select",
}
"""Each screen with the hook that it fires."""


OXYCODONE = "Oxycodone Hydrochloride 5 MG Oral Tablet"
CT = "Computed tomography, lumbar spine; without contrast material, followed by contrast material(s)"
"""As the sandbox's own lists name them."""


def address(origin: str, fhir: str, cds: str, who: str, screen: str) -> str:
    """The address that opens a screen for a patient of a FHIR server, with our services."""
    query = {
        "fhirServiceUrl": fhir,
        "patientId": who,
        "serviceDiscoveryURL": f"{cds}/cds-services",
        "hook": SCREENS[screen],
        "screen": screen,
    }
    return f"{origin}/?{urlencode(query)}"


def built_sandbox() -> Path | None:
    """The folder of the built sandbox, or None where there is none."""
    named = os.environ.get(BUILT)
    folder = Path(named) if named else None
    return folder if folder is not None and (folder / "app.bundle.js").is_file() else None


@dataclass(slots=True)
class Told:
    """Feedback as the sandbox sent it, and the status of our answer."""

    sent: dict[str, Any] = field(default_factory=dict)
    status: int = 0


class Sandbox:
    """One tab of the sandbox, with a patient of a FHIR server and our services."""

    def __init__(self, page: Page, origin: str, fhir: str, cds: str) -> None:
        self.page = page
        self.origin = origin
        self.fhir = fhir
        self.cds = cds
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, who: str, screen: str) -> dict[str, Any]:
        """Opens a screen for a patient; the answer to the hook that the screen fires, {} where it waits."""
        url = address(self.origin, self.fhir, self.cds, who, screen)
        if screen == "rx-sign":  # which asks nobody before its button is pressed
            self.page.goto(url)
            self.page.get_by_role("button", name="Sign Order").wait_for()
            return {}
        return self.answer_to(SCREENS[screen], lambda: self.page.goto(url))

    def answer_to(self, hook: str, act: Any) -> dict[str, Any]:
        """The answer to the hook call that an act of the user leads to; AssertionError unless it is a 200."""
        with self.page.expect_response(lambda each: _calls(each, hook)) as waited:
            act()
        response = waited.value
        assert response.status == 200, response.text()
        answer: dict[str, Any] = response.json()
        return answer

    def prescribe(self, search: str, name: str, hook: str = "order-select") -> dict[str, Any]:
        """Types words, and takes the medication with this name from the list."""
        self.page.locator("input[name=medication-input]").fill(search)
        return self.answer_to(hook, self.page.get_by_role("button", name=name, exact=True).click)

    def choose(self, field: int, words: str, option: str) -> dict[str, Any]:
        """Opens the list of a field, by its place on the screen, with words typed; takes an option of it."""
        box = self.page.locator("input[id^=react-select]").nth(field)
        if words:
            box.fill(words)
        else:
            box.press("ArrowDown")
        named = self.page.locator("[id*=-option-]").filter(has_text=option).first
        return self.answer_to("order-select", named.click)

    def card(self, summary: str) -> Locator:
        """The card on the screen whose summary holds these words."""
        return self.page.locator("[class*=decision-card]").filter(has_text=summary)

    @contextmanager
    def feedback(self) -> Iterator[Told]:
        """What the sandbox tells of a card while the block runs."""
        told = Told()
        with self.page.expect_response(lambda each: _posts(each, "/feedback")) as waited:
            yield told
        told.status = waited.value.status
        (told.sent,) = json.loads(waited.value.request.post_data or "{}")["feedback"]

    def override(self, summary: str, reason: str) -> None:
        """Dismisses a card with a reason from its list."""
        self.card(summary).get_by_label("select dismiss reason").click()
        self.page.get_by_role("menuitem", name=reason).click()

    def hide_panel(self) -> None:
        """Closes the panel for developers, which takes half of the window."""
        self.page.get_by_role("button", name="CDS Developer Panel").click()

    @property
    def rating(self) -> str:
        """What the imaging screen says of the order."""
        return self.page.locator("[class*=rating-box]").inner_text()


def _posts(response: Response, ending: str) -> bool:
    return response.request.method == "POST" and urlsplit(response.url).path.endswith(ending)


def _calls(response: Response, hook: str) -> bool:
    return _posts(response, f"/cds-services/low-back-pain-{hook}")


@contextmanager
def sandbox(browser: Browser, built: Path, fhir: str, cds: str) -> Iterator[Sandbox]:
    """A fresh tab, in a window as wide as a laptop's; it reaches nothing but this machine."""

    def nowhere(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()

    with web_server(built) as origin:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.route("**/*", nowhere)
        yield Sandbox(context.new_page(), origin, fhir, cds)
        context.close()
