"""Questions put to a record, pure: one module a kind of fact, the arithmetic nowhere else."""
