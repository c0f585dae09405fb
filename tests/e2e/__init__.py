"""The installed program in a real terminal, with the sound that comes out of it."""
