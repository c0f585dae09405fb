"""The deck's figures: takedeck beside mpv and ffplay, all heard through one private PulseAudio."""
