"""Stage 8: reports become text and JSON. Pure functions; colour and width are the caller's."""
