"""Bounded fuzzing: inputs that nobody thought of, against what must hold for every input."""
