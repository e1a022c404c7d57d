"""Plumbline against a real FHIR server and a real CDS Hooks client, both from npm."""
