"""From one FHIR resource to neutral values: a module for each kind, and what they share."""
