"""house."""

from takedeck.simulator.songs.lofi import score as score
