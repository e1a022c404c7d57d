"""What stands in docker/ is checked by the tools that will read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from app.logs import Line
from app.metrics import Metrics
from app.settings import Settings
from tests.content import knowledge
from tests.integration.nginx import configuration
from tests.integration.servers import ROOT, needed
from tests.integration.tls import authority

pytestmark = pytest.mark.integration
DOCKER = ROOT / "docker"
RULES = yaml.safe_load((DOCKER / "prometheus/rules.yml").read_text(encoding="utf-8"))
ALARMS = [rule["alert"] for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]


def run(tool: str, *arguments: str, cwd: Path = DOCKER, sent: bytes = b"") -> str:
    """What the tool prints; it must be there in CI, and must end with 0."""
    found = shutil.which(tool) or shutil.which(tool, path="/usr/sbin")
    needed(None if found else f"{tool} is not installed")
    assert found is not None
    done = subprocess.run([found, *arguments], cwd=cwd, input=sent, capture_output=True, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


def test_compose_takes_its_file_and_the_sandbox_stays_out_unless_asked_for() -> None:
    services = yaml.safe_load(run("docker-compose", "--file", "compose.yaml", "config"))["services"]
    asked_for = {name for name, each in services.items() if each.get("profiles")}
    assert asked_for == {"fhir", "patients"}
    assert services.keys() - asked_for == {"plumbline", "postgres", "nginx", "prometheus"}


def test_every_container_of_ours_may_do_nothing_but_its_work() -> None:
    services = yaml.safe_load(run("docker-compose", "--file", "compose.yaml", "config"))["services"]
    for name in ("plumbline", "nginx", "prometheus"):
        assert services[name]["read_only"] is True, name
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["security_opt"] == ["no-new-privileges:true"], name
    assert "ports" not in services["plumbline"]
    assert "ports" not in services["postgres"]


def test_every_variable_in_compose_is_a_setting() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    known = {f"PLUMBLINE_{name.upper()}" for name in Settings.model_fields}
    given = set(services["plumbline"]["environment"])
    assert {name if name in known else name.removesuffix("_FILE") for name in given} <= known


def test_every_secret_of_compose_is_kept_out_of_the_repository() -> None:
    secrets = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["secrets"]
    for each in secrets.values():
        assert each["file"].startswith("./secrets/")
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("mutual", ["", "on", "optional"])
def test_nginx_takes_its_configuration(tmp_path: Path, mutual: str) -> None:
    ours = authority(tmp_path)
    server = ours.issue("localhost")
    secrets = (server.certificate, server.key, ours.file)
    file = configuration(tmp_path, secrets, ["127.0.0.1:1"], mutual=mutual)
    run("nginx", "-t", "-q", "-c", str(file))


def test_prometheus_takes_its_configuration_and_rules() -> None:
    run("promtool", "check", "config", "prometheus.yml", cwd=DOCKER / "prometheus")
    run("promtool", "check", "rules", "rules.yml", cwd=DOCKER / "prometheus")


@pytest.mark.parametrize("file", ["rules_test.yml", "rules_over_days_test.yml"])
def test_the_rules_speak_when_they_should_and_only_then(file: str) -> None:
    run("promtool", "test", "rules", file, cwd=DOCKER / "prometheus")


def test_every_rule_is_tried_in_both_directions() -> None:
    tried: dict[str, set[bool]] = {name: set() for name in ALARMS}
    for file in ("rules_test.yml", "rules_over_days_test.yml"):
        for test in yaml.safe_load((DOCKER / "prometheus" / file).read_text(encoding="utf-8"))["tests"]:
            for each in test["alert_rule_test"]:
                tried[each["alertname"]].add(bool(each.get("exp_alerts")))
    assert {name: found for name, found in tried.items() if True not in found} == {}


def test_every_rule_has_its_section_in_the_runbook() -> None:
    readme = (DOCKER / "README.md").read_text(encoding="utf-8")
    assert [name for name in ALARMS if f"### {name}\n" not in readme] == []


def test_every_metric_in_the_rules_exists() -> None:
    text = Metrics(knowledge()).exposition({"store": ""}).decode()
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    named = set(
        re.findall(r"\bplumbline_[a-z_]+", (DOCKER / "prometheus/rules.yml").read_text(encoding="utf-8"))
    )
    assert {name for name in named if re.sub(r"_bucket$", "", name) not in told} == set()


def test_prometheus_takes_what_metrics_says() -> None:
    metrics = Metrics(knowledge())
    metrics.request(Line(), 200, 0.1)
    run("promtool", "check", "metrics", sent=metrics.exposition({"store": ""}))


def test_kustomize_puts_the_manifests_together() -> None:
    documents = list(yaml.safe_load_all(run("kubectl", "kustomize", "kubernetes")))
    assert {each["metadata"].get("namespace", "plumbline") for each in documents} == {"plumbline"}
    deployment = next(each for each in documents if each["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example/plumbline:0.1.0"
    named = {
        each.get("configMap", {}).get("name") for each in deployment["spec"]["template"]["spec"]["volumes"]
    }
    assert {each["metadata"]["name"] for each in documents if each["kind"] == "ConfigMap"} <= named
