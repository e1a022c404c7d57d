"""Other services, for comparison."""
