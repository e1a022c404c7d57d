"""What the EHR gave us; the only package that reads FHIR JSON."""
