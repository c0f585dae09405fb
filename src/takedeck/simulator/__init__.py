"""The generation API itself, embedded, with real audio.

Importing this package costs nothing; ``takedeck.simulator.service`` holds the server.
"""
