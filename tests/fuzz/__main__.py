"""`python -m tests.fuzz <seconds>`: every part in turn, each with its share of the time; 1 is a finding."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration import servers

FINDINGS = Path(".fuzz")
ONE_SECONDS = 10
SEED = os.environ.get("FUZZ_SEED", "1")
"""The same inputs each time, as far as time reaches; another seed tries others."""
MEMORY_MB = 1500
EXAMPLES_A_SECOND = 2
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
)


def guided(target: str) -> Callable[[int], int]:
    """A target under atheris, from its seeds; what it finds stays in `.fuzz/`."""

    def run(seconds: int) -> int:
        if find_spec("atheris") is None:
            print(f"{target}: skipped, atheris has no wheel for this Python")
            return int("CI" in os.environ)
        with TemporaryDirectory() as corpus:
            for number, seed in enumerate(import_module(f"tests.fuzz.{target}").seeds()):
                (Path(corpus) / f"seed-{number}").write_bytes(seed)
            limits = [
                f"-max_total_time={seconds}",
                f"-seed={SEED}",
                f"-timeout={ONE_SECONDS}",
                f"-rss_limit_mb={MEMORY_MB}",
                "-max_len=60000",
                "-print_final_stats=1",
                "-verbosity=0",
                f"-artifact_prefix={FINDINGS}/{target}-",
            ]
            return _run([sys.executable, "-m", f"tests.fuzz.{target}", *limits, corpus])

    return run


def contract(seconds: int) -> int:
    """Calls of every shape that the contract allows and forbids, against the running service."""
    with servers.service() as running:
        url = f"http://127.0.0.1:{running.port}"
        return _run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                "run",
                "openapi/openapi.yaml",
                *("--url", url, "--max-time", str(seconds), "--checks", ",".join(CHECKS)),
                *("--seed", SEED, "--generation-database", "none", "--no-color", "--warnings", "off"),
            ]
        )


def properties(seconds: int) -> int:
    """The properties of the core suite with other examples, the more the longer it may take."""
    os.environ["FUZZ_EXAMPLES"] = str(seconds * EXAMPLES_A_SECOND)
    selected = (
        "-m",
        "hypothesis and not integration",
        "--hypothesis-profile=fuzz",
        f"--hypothesis-seed={SEED}",
    )
    return _run([sys.executable, "-m", "pytest", "-q", *selected, "tests"])


PARTS = {"call": guided("call"), "token": guided("token"), "contract": contract, "properties": properties}


def _run(command: list[str]) -> int:
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": "."}).returncode


def main(seconds: int) -> int:
    """Every part; the number of those that found something."""
    FINDINGS.mkdir(exist_ok=True)
    found = 0
    for name, part in PARTS.items():
        print(f"--- {name}", flush=True)
        if part(seconds // len(PARTS)):
            print(f"--- {name}: a finding", flush=True)
            found += 1
    return found


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1])), 1))
