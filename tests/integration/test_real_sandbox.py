"""What a clinician sees in the CDS Hooks sandbox, and what we hear of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.integration.sandbox import BUILT, CT, OXYCODONE, Sandbox, built_sandbox, sandbox
from tests.integration.servers import Running, service

pytestmark = pytest.mark.integration

EARLY_CT = "CT lumbar spine without and with contrast: imaging in the first 6 weeks"
MRI_FITS = "MRI without contrast fits better"
OPIOID = "not a first choice in back pain"


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built sandbox, which no registry has: in CI too there is none."""
    found = built_sandbox()
    if found is None:
        pytest.skip(f"{BUILT} names no built sandbox: tests/integration/README.md says how to build one")
    return found


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service keeps its journal."""
    return tmp_path_factory.mktemp("store") / "journal.sqlite"


@pytest.fixture(scope="module")
def known(built: Path, journal: Path) -> Iterator[Running]:
    """The service, for callers that can show what the sandbox can."""
    with service(profile="sandbox", store_url=f"sqlite:///{journal}") as running:
        yield running


@pytest.fixture
def tab(built: Path, fhir: Running, known: Running, browser: Browser) -> Iterator[Sandbox]:
    """A tab of the sandbox; the test fails where a script of the sandbox did."""
    with sandbox(browser, built, fhir.url, known.url) as opened:
        yield opened
        assert opened.faults == []


def kept(journal: Path, card: str) -> dict[str, Any]:
    """What the journal says of a card and of the feedback on it, once the card has been written."""
    asked = """
        SELECT recommendation, card.suggestions AS offered, outcome, feedback.suggestions AS taken, reason
        FROM card JOIN feedback ON feedback.card = card.uuid WHERE uuid = ?
    """
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with closing(sqlite3.connect(journal)) as store:
            store.row_factory = sqlite3.Row
            if (row := store.execute(asked, (card,)).fetchone()) is not None:
                return dict(row)
        time.sleep(0.05)  # the journal is written after the answer
    raise AssertionError("the card and its feedback did not reach the journal")


def test_the_chart_shows_what_is_urgent(tab: Sandbox) -> None:
    tab.open("retention", "patient-view")
    expect(tab.card("cauda equina")).to_be_visible()


def test_the_chart_of_a_patient_without_back_pain_stays_quiet(tab: Sandbox) -> None:
    assert tab.open("healthy", "patient-view")["cards"] == []
    expect(tab.page.get_by_text("No recommendations to display")).to_be_visible()


def test_nothing_is_said_before_a_drug_is_chosen(tab: Sandbox) -> None:
    assert tab.open("acute", "rx-view")["cards"] == []


def test_an_opioid_for_the_chosen_problem_warns_and_naproxen_replaces_it(tab: Sandbox, journal: Path) -> None:
    tab.open("acute", "rx-view")
    tab.choose(0, "", "Acute low back pain")
    tab.prescribe("oxycodone hydrochloride 5 MG", OXYCODONE)
    expect(tab.card(OPIOID)).to_be_visible()
    take = tab.card(OPIOID).get_by_role("button", name="Add naproxen 500 mg twice a day, 10 days")
    # The sandbox puts the suggested drug in the place of the chosen one, and asks again.
    with tab.feedback() as told:
        answer = tab.answer_to("order-select", take.click)
    assert OPIOID not in str(answer["cards"])
    expect(tab.card(OPIOID)).to_be_hidden()
    assert (told.sent["outcome"], told.status) == ("accepted", 200)
    written = kept(journal, told.sent["card"])
    assert (written["recommendation"], written["outcome"]) == ("avoid-first-line-opioid", "accepted")
    (taken,) = told.sent["acceptedSuggestions"]
    assert taken["id"] in written["taken"]
    assert json.loads(written["offered"])[taken["id"]] == "naproxen"


def test_signing_the_opioid_warns_again(tab: Sandbox) -> None:
    tab.open("acute", "rx-sign")
    tab.page.locator("input[name=medication-input]").fill("oxycodone hydrochloride 5 MG")
    tab.page.get_by_role("button", name=OXYCODONE, exact=True).click()
    tab.answer_to("order-sign", tab.page.get_by_role("button", name="Sign Order").click)
    expect(tab.card("oxycodone").first).to_be_visible()


def test_argonauts_ct_is_rated_overridden_with_a_reason_and_changed_to_an_mri(
    tab: Sandbox, journal: Path
) -> None:
    tab.open("acute", "pama")
    tab.choose(0, "72133", CT)
    tab.choose(1, "279039007", "Low back pain (finding)")
    expect(tab.card(EARLY_CT)).to_be_visible()
    assert tab.rating == "PAMA Rating: not-appropriate⚠"
    with tab.feedback() as told:
        tab.override(EARLY_CT, "Six weeks of care tried elsewhere")
    expect(tab.card(EARLY_CT)).to_be_hidden()
    assert (told.sent["outcome"], told.status) == ("overridden", 200)
    written = kept(journal, told.sent["card"])
    assert (written["recommendation"], written["reason"]) == (
        "avoid-early-imaging",
        "six-weeks-of-care-elsewhere",
    )
    change = tab.card(MRI_FITS).get_by_role("button", name="Change to an MRI")
    tab.answer_to("order-select", change.click)
    expect(tab.page.get_by_text("MRI of lumbar spine without contrast", exact=True)).to_be_visible()
    assert tab.rating == "PAMA Rating: not-appropriate⚠"
