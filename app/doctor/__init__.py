"""What would go wrong for an EHR that calls this URL: asked from outside, as an EHR would."""
