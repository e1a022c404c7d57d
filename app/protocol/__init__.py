"""CDS Hooks on the wire, models only."""
