"""The README followed to the letter: a recommendation is added without Python, and the service serves it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from fastapi import FastAPI

from app.casework import Worked, cases_of, work
from app.knowledge.load import load
from app.main import create_app
from app.settings import Settings
from tests import calls
from tests.cards.mutants import of_card

CARDS = Path(__file__).parents[2] / "cards"
README = (CARDS / "README.md").read_text(encoding="utf-8")
NAME = "avoid-lumbar-belt"


class Block(NamedTuple):
    """One fenced block: commands (`sh`), or the text of a file under cards/."""

    language: str
    file: str
    text: str


def blocks() -> list[Block]:
    """The blocks of the section on adding a recommendation, in order."""
    section = README.split("## Adding a recommendation\n", 1)[1].split("\n## ", 1)[0]
    return [Block(*found) for found in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", section, re.M | re.S)]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every block of the README was run or written, in the order of the README."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(CARDS, folder / "cards")
    (folder / ".venv").symlink_to(sys.prefix)
    for block in blocks():
        if block.language == "sh":
            ran = subprocess.run(
                ["/bin/sh", "-ec", block.text], cwd=folder, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"{block.text}\n{ran.stdout}\n{ran.stderr}"
        else:
            assert block.file, f"no file is named for:\n{block.text}"
            (folder / "cards" / block.file).write_text(block.text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def service(followed: Path) -> FastAPI:
    """The service with the cards of that folder."""
    return create_app(Settings(cards=followed / "cards", today=date(2026, 11, 20)))


def test_the_readme_scaffolds_writes_each_file_and_checks() -> None:
    assert [block.file.removeprefix(f"recommendations/{NAME}/") for block in blocks() if block.file] == [
        "value-sets/lumbar-belt.yaml", "facts/lumbar-belt.yaml", "card.yaml", "rationale.md", "cases.yaml",
    ]  # fmt: skip
    commands = [
        line.split()[0] for block in blocks() if block.language == "sh" for line in block.text.splitlines()
    ]
    assert commands == ["cp", ".venv/bin/plumbline", ".venv/bin/plumbline"]
    assert not (CARDS / "recommendations" / NAME).exists(), "the example is not part of the content"


def test_the_page_shows_the_new_card(followed: Path) -> None:
    rendered = followed / "cards" / "rendered"
    page = (rendered / f"{NAME}.md").read_text(encoding="utf-8")
    assert "> **INFO: Lumbar belt: belts do not ease back pain. Stay active instead.**" in page
    assert f"[Avoid a lumbar belt]({NAME}.md)" in (followed / "cards/rendered/README.md").read_text(
        encoding="utf-8"
    )


def test_every_line_of_the_new_card_is_decided_by_one_of_its_cases(followed: Path) -> None:
    content = load(followed / "cards")
    cases = cases_of(followed / "cards", content)[NAME]
    assert {case.expect for case in cases} == {"applies", "does not apply", "cannot tell"}
    undecided = [
        mutant.what
        for mutant in of_card(content, NAME)
        if not any(list(Worked(case, 0, work(mutant.knowledge, NAME, case)).faults()) for case in cases)
    ]
    assert undecided == []


@pytest.mark.parametrize(
    ("belt", "topics"), [("Lumbar belt, elastic", [NAME]), ("Knee brace", []), ("No lumbar belt wanted", [])]
)
async def test_the_new_card_fires_through_the_service(service: FastAPI, belt: str, topics: list[str]) -> None:
    draft = calls.study("72148", ("icd", "M54.50"), code={"text": belt})
    body = calls.request("order-sign", draft, prefetch=calls.prefetched())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service), base_url="http://service"
    ) as client:
        answer = await client.post("/cds-services/low-back-pain-order-sign", json=body)
    assert answer.status_code == 200, answer.text
    cards = {card["source"]["topic"]["code"]: card for card in answer.json()["cards"]}
    assert [topic for topic in cards if topic == NAME] == topics
    if topics:
        assert (
            cards[NAME]["summary"]
            == "Lumbar belt, elastic: belts do not ease back pain. Stay active instead."
        )
        labels = [each["label"] for each in cards[NAME]["suggestions"]]
        assert labels == ["Remove this order", "Refer to physical therapy"]
