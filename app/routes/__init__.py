"""The web edge: thin, no decisions here."""
