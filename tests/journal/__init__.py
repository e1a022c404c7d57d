"""The journal: what it keeps, how it is written, and what happens when the store is lost."""
