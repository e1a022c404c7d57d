"""Known vulnerabilities in what the image installs, by pip-audit; says so when nobody could be asked.

    python -m tests.audit

Ends with 1 when something is known to be vulnerable. Where the advisory service is out of reach, or a mirror
that holds no advisories, it says that nothing was checked and ends with 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / "requirements.lock"
SKIPPED = "audit: nothing was checked, the advisory service is out of reach"


def audited() -> str:
    """What pip-audit prints as JSON; empty when it could not ask."""
    command = ["-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", "--timeout", "10", "--requirement", str(LOCK)]
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=120).stdout


def verdict(printed: str) -> tuple[int, list[str]]:
    """The exit code, and what there is to say."""
    if not printed.strip():
        return 0, [SKIPPED]
    dependencies: list[dict[str, Any]] = json.loads(printed)["dependencies"]
    asked = [each for each in dependencies if "vulns" in each]
    if not asked:
        return 0, [SKIPPED]
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in {vulnerability['fix_versions']}"
        for each in asked
        for vulnerability in each["vulns"]
    ]
    unasked = [each["name"] for each in dependencies if "vulns" not in each]
    notes = [f"audit: not known to the advisory service: {', '.join(unasked)}"] if unasked else []
    return int(bool(found)), [*found, *notes, f"audit: {len(asked)} packages, {len(found)} vulnerabilities"]


if __name__ == "__main__":
    code, lines = verdict(audited())
    print(*lines, sep="\n")
    sys.exit(code)
