"""Playing, null test and cache for commands without a screen."""
