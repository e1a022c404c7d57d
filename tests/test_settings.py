"""Settings from an environment."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pydantic
import pytest

from app.settings import FaultySettings, Settings, read, today
from app.settings_table import table


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PLUMBLINE_"):
            monkeypatch.delenv(name)


def faults(**variables: str) -> list[str]:
    """What is wrong with an environment."""
    with pytest.raises(FaultySettings) as caught:
        read({f"PLUMBLINE_{name}": value for name, value in variables.items()})
    return list(caught.value.faults)


def clock(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_empty_environment_serves_on_loopback_in_development() -> None:
    settings = read({"PATH": "/bin"})
    assert (settings.mode, settings.host, settings.port) == ("development", "127.0.0.1", 8000)
    assert (settings.body_limit, settings.deadline_ms, settings.timezone) == (10 * 1024 * 1024, 400, "UTC")
    assert settings.cards == Path(__file__).parent.parent / "cards"


def test_every_setting_is_read_from_its_variable() -> None:
    environment = {
        "PLUMBLINE_MODE": "production",
        "PLUMBLINE_HOST": "0.0.0.0",
        "PLUMBLINE_PORT": "9000",
        "PLUMBLINE_PUBLIC_URL": "https://cds.example/base",
        "PLUMBLINE_CARDS": "other",
        "PLUMBLINE_SITE_FILE": "site.yaml",
        "PLUMBLINE_BODY_LIMIT": "5MiB",
        "PLUMBLINE_DEADLINE_MS": "900",
        "PLUMBLINE_MAX_CARDS": "4",
        "PLUMBLINE_CORS_ORIGINS": "https://a.example, https://b.example",
    }
    settings = read(environment)
    assert (settings.mode, settings.host, settings.port) == ("production", "0.0.0.0", 9000)
    assert settings.site_file == Path("site.yaml")
    assert (settings.public_url, settings.cards) == ("https://cds.example/base", Path("other"))
    assert (settings.body_limit, settings.deadline_ms, settings.max_cards) == (5 * 1024 * 1024, 900, 4)
    assert settings.origins == ("https://a.example", "https://b.example")


def test_a_blank_variable_is_a_variable_left_out() -> None:
    assert read({"PLUMBLINE_PORT": "", "PLUMBLINE_TODAY": ""}) == read({})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError):
        read({}).port = 1  # type: ignore[misc]


def test_an_unknown_variable_names_the_nearest_right_one() -> None:
    assert faults(PROT="1") == ["there is no setting PLUMBLINE_PROT; did you mean `PLUMBLINE_PORT`?"]


def test_a_variable_in_lower_case_is_unknown_rather_than_ignored() -> None:
    with pytest.raises(FaultySettings, match="did you mean `PLUMBLINE_MODE`"):
        read({"plumbline_mode": "production"})


def test_every_fault_is_told_at_once() -> None:
    told = faults(PORT="x", MODE="test", DEADLINE_MS="1", PUBLIC_URL="ftp://a", TIMEZONE="Mars/Base", QQQ="1")
    assert [each.partition(":")[0] for each in told] == [
        "PLUMBLINE_DEADLINE_MS",
        "PLUMBLINE_MODE",
        "PLUMBLINE_PORT",
        "PLUMBLINE_PUBLIC_URL",
        "PLUMBLINE_TIMEZONE",
        "there is no setting PLUMBLINE_QQQ",
    ]


@pytest.mark.parametrize("port", ["0", "65533"])
def test_workers_need_the_ports_after_the_first_one(port: str) -> None:
    with pytest.raises(FaultySettings, match="PORT: 3 workers need the ports after it"):
        read({"PLUMBLINE_WORKERS": "3", "PLUMBLINE_PORT": port})


def test_the_date_cannot_be_pinned_in_production() -> None:
    assert "refused outside development" in faults(MODE="production", TODAY="2026-01-02")[0]
    assert read({"PLUMBLINE_TODAY": "2026-01-02"}).today == date(2026, 1, 2)


def test_a_profile_for_whom_nobody_knows_is_refused_in_production() -> None:
    assert (
        "PLUMBLINE_PROFILE is for callers whom nobody knows" in faults(MODE="production", PROFILE="epic")[0]
    )
    assert read({"PLUMBLINE_PROFILE": "sandbox"}).profile == "sandbox"
    assert read({"PLUMBLINE_MODE": "production", "PLUMBLINE_PROFILE": "spec"}).profile == "spec"


def test_today_is_the_pinned_date_or_that_of_the_time_zone() -> None:
    evening = clock("2026-03-01T23:30:00")
    assert today(Settings(today=date(2020, 1, 1)), lambda: evening) == date(2020, 1, 1)
    assert today(Settings(), lambda: evening) == date(2026, 3, 1)
    assert today(Settings(timezone="Asia/Tokyo"), lambda: evening) == date(2026, 3, 2)
    assert today(Settings(timezone="America/New_York"), lambda: clock("2026-03-01T03:00:00")) == date(
        2026, 2, 28
    )


def test_browsers_from_anywhere_may_call_in_development_and_none_in_production() -> None:
    assert Settings().origins == ("*",)
    assert Settings(mode="production").origins == ()
    assert Settings(mode="production", cors_origins=("https://a.example",)).origins == ("https://a.example",)


@pytest.mark.parametrize(
    "origin",
    ["https://a.example/", "https://A.example", "a.example", "https://a.example/path", "https://u@a"],
)
def test_an_origin_that_no_browser_sends_is_a_fault_and_not_a_silent_refusal(origin: str) -> None:
    assert "is no origin that a browser sends" in faults(CORS_ORIGINS=f"https://b.example,{origin}")[0]


def test_origins_may_carry_a_port_and_any_scheme() -> None:
    origins = "http://127.0.0.1:8080,capacitor://localhost,*"
    assert read({"PLUMBLINE_CORS_ORIGINS": origins}).origins == tuple(origins.split(","))


# Secrets from files


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("9000\n")
    assert read({"PLUMBLINE_PORT_FILE": str(tmp_path / "port")}).port == 9000


def test_a_setting_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("9000")
    told = faults(PORT="9000", PORT_FILE=str(tmp_path / "port"))
    assert told == ["PLUMBLINE_PORT_FILE and PLUMBLINE_PORT are both set; set one of them"]


def test_a_file_that_is_not_there_or_is_no_text_or_empty_is_named_and_not_shown(tmp_path: Path) -> None:
    for name, held in (("binary", b"\xff\xfe"), ("empty", b"\n")):
        (tmp_path / name).write_bytes(held)
    for name, why in (("absent", "No such file"), ("binary", "no UTF-8 text"), ("empty", "is empty")):
        (told,) = faults(HOST_FILE=str(tmp_path / name))
        assert told.startswith(f"PLUMBLINE_HOST_FILE: the file {tmp_path / name} ")
        assert why in told


def test_a_wrong_value_in_a_file_is_told_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("Marker8731")
    (told,) = faults(PORT_FILE=str(tmp_path / "port"))
    assert told.startswith("PLUMBLINE_PORT: ")
    assert "Marker8731" not in told


def test_a_file_for_a_setting_that_does_not_exist_names_the_nearest() -> None:
    assert faults(PROT_FILE="x") == [
        "there is no setting PLUMBLINE_PROT_FILE; did you mean `PLUMBLINE_PORT`?"
    ]


# The table in docker/README.md


def test_the_table_of_settings_is_what_the_code_says() -> None:
    readme = (Path(__file__).parent.parent / "docker/README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
    assert shown == table(), "put what `python -m app settings` prints between the marks in docker/README.md"


def test_every_setting_has_a_row_that_says_what_it_does() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [
        f"PLUMBLINE_{name.upper()}" for name in Settings.model_fields
    ]
    assert all(row.split("|")[-2].strip().endswith(".") for row in rows)
