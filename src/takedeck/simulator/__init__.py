"""The generation API itself, embedded, with real audio."""
