"""`python -m app` is `plumbline`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command, ready to be stopped from the beginning."""
    if sys.argv[1:2] == ["serve"]:
        # The first process of a container hears SIGTERM only if it asks to; uvicorn does so much later.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from app.cli import main

    main()


main()
