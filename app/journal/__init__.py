"""Decisions and feedback, append-only: what was advised, what became of it, and the stores that keep it."""
