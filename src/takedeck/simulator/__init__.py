"""A built-in simulator of the generation APIs, with real audio.

Importing this package costs nothing; the server is in ``takedeck.simulator.service``.
"""
