"""Holds the image's list of what it contains against the lock file that it was installed from.

python -m tests.integration.image_sbom sbom.json requirements.lock
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+?)(?: ; (.*?))? ?\\?$", re.MULTILINE)


def locked(text: str) -> dict[str, str]:
    """Name → version of what a lock file installs on Linux with Python 3.11."""
    elsewhere = (
        "python_full_version >=",
        "== 'win32'",
        "== 'emscripten'",
        "== 'cygwin'",
        "python_full_version < '3.11",
    )
    return {
        name.lower().replace("_", "-").replace(".", "-"): version
        for name, version, marker in PINNED.findall(text)
        if not any(each in marker for each in elsewhere)
    }


def differences(listed: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """What is listed and not locked, or locked and not listed, or of another version."""
    names = sorted(listed.keys() | wanted.keys())
    return [
        f"{name}: listed {listed.get(name)}, locked {wanted.get(name)}"
        for name in names
        if listed.get(name) != wanted.get(name)
    ]


def main(sbom: str, lock: str) -> int:
    """0 when the image holds exactly what is locked."""
    document = json.loads(Path(sbom).read_text(encoding="utf-8"))
    listed = {
        each["name"].lower().replace("_", "-").replace(".", "-"): each["version"]
        for each in document["components"]
    }
    wrong = differences(listed, locked(Path(lock).read_text(encoding="utf-8")))
    print(
        *wrong or [f"{document['bomFormat']} {document['specVersion']}: {len(listed)} packages, as locked"],
        sep="\n",
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
