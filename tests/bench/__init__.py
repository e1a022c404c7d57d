"""CPU per request of the service beside the least that any JSON service must spend, measured in one run."""
