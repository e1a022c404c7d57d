"""Plumbline: a CDS Hooks service. `app/` is the engine; the medicine stands in `cards/`."""
