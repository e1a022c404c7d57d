"""Whom the service listens to: issuers, their keys, their tokens."""
