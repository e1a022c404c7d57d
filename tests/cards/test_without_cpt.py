"""Without a CPT licence a site leaves the folder out; the service starts and answers all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, Json, concept, condition, prefetched, request, study
from tests.whole_records import ROOT

MRI = study("72148", LOW_BACK_PAIN)


@pytest.fixture(scope="module")
def without_cpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content without the folder."""
    root = tmp_path_factory.mktemp("site") / "cards"
    shutil.copytree(ROOT, root, ignore=lambda folder, names: ["cpt"] if "cpt" in names else [])
    assert not (root / "value-sets" / "cpt").exists()
    return root


async def test_the_service_answers_without_the_cpt_files(without_cpt: Path) -> None:
    coded = {"loinc": "24968-0", "snomed": "394451000119106"}
    drafts: dict[str, Json] = {
        **{name: {**MRI, "code": concept((name, code))} for name, code in coded.items()},
        "words": {**MRI, "code": {"text": "MRI lumbar spine without contrast"}},
        "cpt": MRI,
    }
    app = create_app(Settings(today=TODAY, cards=without_cpt))
    sent = prefetched(condition(LOW_BACK_PAIN, days_ago=10))
    seen = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service") as client:
        for name, draft in drafts.items():
            body = request("order-sign", draft, prefetch=sent)
            answer = await client.post("/cds-services/low-back-pain-order-sign", json=body)
            assert answer.status_code == 200
            seen[name] = [each["indicator"] for each in answer.json()["cards"]]
    assert seen == {"loinc": ["warning"], "snomed": ["warning"], "words": ["info"], "cpt": []}
