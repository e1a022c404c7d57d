"""`python -m app` is `plumbline`."""

from __future__ import annotations

from app.cli import main

main()
