"""The manifests hold against Kubernetes' own schemas, against each other, and against what they promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.settings import Settings
from app.site import read_site
from tests.test_site import BASE

FOLDER = Path(__file__).parent.parent / "docker/kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
MANIFESTS: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")) for name in KUSTOMIZATION["resources"]
}
POD = MANIFESTS["deployment.yaml"]["spec"]["template"]
CONTAINER = POD["spec"]["containers"][0]


@pytest.mark.parametrize("name", sorted(MANIFESTS))
@pytest.mark.parametrize("version", ["1.30", "1.33"])
def test_a_manifest_is_what_kubernetes_takes(name: str, version: str) -> None:
    kubernetes_validate.validate(MANIFESTS[name], version, strict=True)


def test_a_misspelt_field_would_be_seen() -> None:
    wrong = MANIFESTS["service.yaml"] | {"spce": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.33", strict=True)


def test_every_file_is_listed() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    generated = {file for each in KUSTOMIZATION["configMapGenerator"] for file in each["files"]}
    assert files == set(KUSTOMIZATION["resources"]) | generated


def test_everything_is_about_the_same_pods() -> None:
    labels = POD["metadata"]["labels"]
    assert MANIFESTS["deployment.yaml"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["service.yaml"]["spec"]["selector"] == labels
    assert MANIFESTS["disruption.yaml"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["network.yaml"]["spec"]["podSelector"]["matchLabels"] == labels
    assert MANIFESTS["autoscaler.yaml"]["spec"]["scaleTargetRef"]["name"] == "plumbline"


def test_the_pod_is_nobody_and_writes_nowhere_but_tmp() -> None:
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert POD["spec"]["securityContext"]["runAsUser"] == 10001
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = [each["mountPath"] for each in CONTAINER["volumeMounts"] if not each.get("readOnly")]
    assert writable == ["/tmp"]
    assert POD["spec"]["enableServiceLinks"] is False
    assert POD["spec"]["automountServiceAccountToken"] is False


def test_the_pod_has_every_probe_and_bounds() -> None:
    assert CONTAINER["startupProbe"]["httpGet"]["path"] == "/health/live"
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert CONTAINER["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert (
        {"cpu", "memory"}
        == CONTAINER["resources"]["requests"].keys()
        == CONTAINER["resources"]["limits"].keys()
    )


def test_every_mounted_volume_is_declared_and_used() -> None:
    assert {each["name"] for each in CONTAINER["volumeMounts"]} == {
        each["name"] for each in POD["spec"]["volumes"]
    }
    generated = KUSTOMIZATION["configMapGenerator"][0]["name"]
    assert generated in {each.get("configMap", {}).get("name") for each in POD["spec"]["volumes"]}


def test_every_variable_is_a_setting() -> None:
    known = {f"PLUMBLINE_{name.upper()}" for name in Settings.model_fields}
    given = {each["name"] for each in CONTAINER["env"]}
    assert {name if name in known else name.removesuffix("_FILE") for name in given} <= known


def test_the_site_file_lets_somebody_in() -> None:
    clients = read_site(FOLDER / "site.yaml", BASE).clients
    assert [name for name, client in clients.items() if client.trust] == ["hospital"]
