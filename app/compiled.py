"""The checked content in one file, so that a start need not read, shape and check all of `cards/` again.

The file is believed only while every file of the content, the code that checked them and every library are
what they were when it was written, its own digest is right, and nobody but its owner could have written it.
It holds data: reading it runs nothing. Whatever is wrong with it, the content is loaded and checked whole.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from app.knowledge.load import Contents, Knowledge, contents, known
from app.logs import Say

_DIGEST = sha256().digest_size
_APP = Path(__file__).parent
_MADE_BY = ("knowledge", "record", "answer.py", "fhir.py", "compiled.py")
"""Our own code that the shapes and the checks come from."""

_WRITTEN_FROM_IT = frozenset({"__pycache__", "rendered"})
"""Folders of what follows from the files beside them, and of which the image has none."""


def load(folder: Path, file: Path | None, say: Say) -> Knowledge:
    """The content of a folder, from the file if it can be; FaultyContent where it has faults.

    What was loaded whole is written to the file for the next time, where that can be.
    """
    if file is None:
        return known(contents(folder))
    key = key_of(folder)
    why, found = _read(file, key)
    if found is None:
        found = contents(folder)
        if key_of(folder) == key:  # else it was written to meanwhile
            why = ", ".join(filter(None, (why, _write(file, key, found))))
    say("content", compiled=why or "used", content=found.services.content_version, digest=found.digest)
    return known(found)


def compile_into(folder: Path, file: Path) -> str:
    """Load and check a folder whole, and write the file; why that could not be, "" where it could."""
    key = key_of(folder)
    return _write(file, key, contents(folder))


def key_of(folder: Path) -> bytes:
    """The digest of all that a content and its checks depend on."""
    digest = sha256(repr((sys.version, sorted(_libraries()))).encode())
    for part in _MADE_BY:
        _take(digest.update, _APP / part, ".py")
    _take(digest.update, folder, ".yaml")
    return digest.digest()


def _libraries() -> Iterator[str]:
    """The name and version of each library that is installed, as its folder of metadata says it."""
    for place in sys.path:
        with suppress(OSError):
            yield from (name for name in os.listdir(place or ".") if name.endswith(".dist-info"))


def _take(update: Callable[[bytes], None], top: Path, ending: str) -> None:
    """Every file below a folder by its name, and what is in those with this ending."""
    walked = os.walk(top, followlinks=True) if top.is_dir() else [(str(top.parent), [], [top.name])]
    for parent, folders, names in walked:
        folders[:] = sorted(set(folders) - _WRITTEN_FROM_IT)
        update(os.path.relpath(parent, top).encode())
        for name in sorted(names):
            update(f"\0{name}\0".encode())
            if name.endswith(ending):
                with open(os.path.join(parent, name), "rb") as opened:
                    update(sha256(opened.read()).digest())


def _read(file: Path, key: bytes) -> tuple[str, Contents | None]:
    """What the file holds; why not, where it holds nothing of use."""
    try:
        with file.open("rb") as opened:
            if not _only_owners_write(opened.fileno()) or not _only_owners_write(file.parent):
                return "others may write it", None
            held = opened.read()
    except FileNotFoundError:
        return "not there", None
    except OSError as error:
        return f"cannot be read ({error.strerror})", None
    digest, of, body = held[:_DIGEST], held[_DIGEST : 2 * _DIGEST], held[2 * _DIGEST :]
    if digest != sha256(held[_DIGEST:]).digest():
        return "damaged", None
    if of != key:
        return "not of this content", None
    try:
        return "", msgspec.msgpack.decode(body, type=Contents)
    except (msgspec.MsgspecError, ValueError):
        return "of another form", None


def _only_owners_write(place: int | Path) -> bool:
    """Whether an open file or a folder belongs to this user or to root, and nobody else may write it."""
    found = os.stat(place)
    return os.name == "posix" and found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022


def _write(file: Path, key: bytes, found: Contents) -> str:
    """Put the file in its place in one step; why that could not be, "" where it could."""
    body = key + msgspec.msgpack.encode(found)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _only_owners_write(file.parent):
            return "others may write it"
        beside.write_bytes(sha256(body).digest() + body)
        beside.chmod(0o644)  # whatever the umask says
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        return f"cannot be written ({error.strerror})"
    return ""
