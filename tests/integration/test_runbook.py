"""The commands of docker/README.md that are marked as tried are tried here, as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from app.doctor.caller import trusting
from app.journal.store import Batch, Store, open_store
from app.settings import read
from tests.integration.instances import nginx
from tests.integration.nginx import configuration
from tests.integration.postgres import Server, programs
from tests.integration.servers import ROOT, free_port, service
from tests.journal.rows import feedback

pytestmark = pytest.mark.integration
README = (ROOT / "docker/README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- tried: ([\w ]+) -->\n```sh\n(.*?)```", README, re.DOTALL))
# No container engine runs here: what would run in the database's container runs beside it.
DOCKER = """
docker() {
  case "$2" in
    exec) shift 4; "$@" ;;
    stop|start) ;;
    *) echo "docker $*: not tried here" >&2; return 1 ;;
  esac
}
"""


def run(name: str, folder: Path, **environment: str) -> str:
    """What the commands of a block print; each must succeed."""
    path = os.pathsep.join((str(Path(sys.executable).parent), str(programs() or ""), os.environ["PATH"]))
    script = f"set -euo pipefail\n{DOCKER}\n{BLOCKS[name]}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as docker/ is after a checkout."""
    own = tmp_path / "docker"
    shutil.copytree(ROOT / "docker", own, ignore=shutil.ignore_patterns("secrets", "site.yaml"))
    return own


def environment(folder: Path) -> Mapping[str, str]:
    """The secrets and the site file as compose.yaml gives them to the service."""
    return {
        "PLUMBLINE_MODE": "production",
        "PLUMBLINE_STORE_URL_FILE": str(folder / "secrets/store_url"),
        "PLUMBLINE_JOURNAL_KEY_FILE": str(folder / "secrets/journal_key"),
        "PLUMBLINE_SITE_FILE": str(folder / "site.yaml"),
    }


def test_what_installing_makes_is_what_the_service_takes(folder: Path) -> None:
    run("secrets", folder)
    run("site", folder)
    settings = read(environment(folder))
    password = (folder / "secrets/store_password").read_text()
    assert settings.store == f"postgresql://plumbline:{password}@postgres/plumbline"
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_first_hook_is_answered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("secrets", folder)
    run("site", folder)
    port, secrets = free_port(), folder / "secrets"
    address = f"https://localhost:{port}"
    monkeypatch.setitem(BLOCKS, "first hook", BLOCKS["first hook"].replace("https://localhost:8443", address))
    settings = {
        "mode": "production",
        "today": "",
        "public_url": address,
        "site_file": str(folder / "site.yaml"),
    }
    with service(**settings, store_url=f"sqlite:///{folder}/journal.sqlite") as instance:
        paths = (secrets / "tls_certificate", secrets / "tls_key", secrets / "client_authority")
        (folder / "run").mkdir()
        file = configuration(folder / "run", paths, [instance.url.removeprefix("http://")], port=port)
        with nginx(file, port, trusting(paths[0])):
            said = run("first hook", folder)
    assert "Nothing stands in the way." in said


def test_what_was_backed_up_comes_back(folder: Path, database: Server) -> None:
    connection = {"PGHOST": "127.0.0.1", "PGPORT": str(database.port), "PGUSER": "plumbline"}
    createdb = [str(programs() or ""), "createdb"]
    subprocess.run(["/".join(createdb), "plumbline"], env={**os.environ, **connection}, check=True)
    table, row = feedback(str(uuid4()))
    batch = Batch()
    batch.rows[table].append(row)
    with journal(database) as store:
        store.write(batch, 0)
    run("back up", folder, **connection)
    with journal(database) as store:
        store.forget(before=10_000, now=10_000)
        assert list(store.read("SELECT * FROM feedback")) == []
    run("restore", folder, **connection)
    with journal(database) as store:
        assert list(store.read("SELECT * FROM feedback")) == [row]


@contextmanager
def journal(database: Server) -> Iterator[Store]:
    """The store in the database that the backup is of."""
    store = open_store(database.url.replace("/postgres", "/plumbline"))
    store.open()
    try:
        yield store
    finally:
        store.close()


def test_every_tried_block_is_tried() -> None:
    assert set(BLOCKS) == {"secrets", "site", "first hook", "back up", "restore"}
