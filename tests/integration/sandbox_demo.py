"""The sandbox to try by hand, and its pictures for the README; needs CDS_HOOKS_SANDBOX.

python -m tests.integration.sandbox_demo            serves everything until Ctrl-C, and prints addresses
python -m tests.integration.sandbox_demo pictures   writes the two PNG files beside this one
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from tests.integration.browser import chromium, missing_browser, web_server
from tests.integration.patients import everyone
from tests.integration.sandbox import BUILT, CT, OXYCODONE, Sandbox, address, built_sandbox, sandbox
from tests.integration.servers import HERE, fhir_server, missing_tool, service

VISITS = (
    ("retention", "patient-view", "urinary retention since two days"),
    ("acute", "rx-view", "ten days of pain: choose the problem, then oxycodone"),
    ("acute", "pama", "the same: choose 72133, then low back pain"),
)


def serve(built: Path) -> None:
    """The sandbox, the FHIR server and the service until Ctrl-C."""
    with fhir_server(everyone()) as fhir, service(profile="sandbox") as cds, web_server(built) as origin:
        for who, screen, what in VISITS:
            print(f"{what}:\n  {address(origin, fhir.url, cds.url, who, screen)}")
        print("Ctrl-C ends it.", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


def pictures(built: Path) -> None:
    """What the README shows: a prescription, and a rated study with the reasons to override."""
    with (
        fhir_server(everyone()) as fhir,
        service(profile="sandbox") as cds,
        chromium() as browser,
        sandbox(browser, built, fhir.url, cds.url) as tab,
    ):
        prescription(tab)
        study(tab)


def prescription(tab: Sandbox) -> None:
    """An opioid for acute back pain."""
    resize(tab, 1600)
    tab.open("acute", "rx-view")
    tab.hide_panel()
    tab.choose(0, "", "Acute low back pain")
    tab.prescribe("oxycodone hydrochloride 5 MG", OXYCODONE)
    tab.card("not a first choice").wait_for()
    picture(tab, "sandbox-prescription.png")


def study(tab: Sandbox) -> None:
    """The CT of Argonaut's example, rated, with the reasons to go on."""
    resize(tab, 1400)
    tab.open("acute", "pama")
    tab.hide_panel()
    tab.choose(0, "72133", CT)
    tab.choose(1, "279039007", "Low back pain (finding)")
    tab.card("imaging in the first 6 weeks").get_by_label("select dismiss reason").click()
    tab.page.get_by_role("menuitem").first.wait_for()
    picture(tab, "sandbox-study.png")


def resize(tab: Sandbox, height: int) -> None:
    """Makes the window as tall as its picture shall be."""
    tab.page.set_viewport_size({"width": 960, "height": height})


def picture(tab: Sandbox, name: str) -> None:
    """The window as a PNG beside this file."""
    tab.page.evaluate("window.scrollTo(0, 0)")
    tab.page.screenshot(path=HERE / name, animations="disabled")


def main(arguments: list[str]) -> int:
    """0, or 2 when something that this needs is missing."""
    built = built_sandbox()
    missing = missing_tool() or missing_browser() or (None if built else f"{BUILT} names no built sandbox")
    if missing is not None or built is None:
        print(missing, file=sys.stderr)
        return 2
    pictures(built) if arguments == ["pictures"] else serve(built)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
