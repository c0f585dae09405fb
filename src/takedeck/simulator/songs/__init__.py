"""The simulator's songs, written and played here; numpy is imported only to render them."""
