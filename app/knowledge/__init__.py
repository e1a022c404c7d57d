"""The contents of cards/ as frozen values, checked as a whole before anything is served."""
