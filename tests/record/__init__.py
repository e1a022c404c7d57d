"""Reading the record: what the EHR sends, in the shapes in which it is sent."""
