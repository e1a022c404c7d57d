"""Who calls: each client with its limits and what it can show."""

from __future__ import annotations

from dataclasses import dataclass

from app.rate import RatingProfile


@dataclass(frozen=True, slots=True)
class Client:
    """One client. `id` is our name for it; `deadline_seconds` is what a hook may take in all.

    Orders are rated only where `rating` says how; `max_cards` is None where the content decides.
    """

    id: str
    deadline_seconds: float = 0.4
    max_cards: int | None = None
    rating: RatingProfile | None = None
