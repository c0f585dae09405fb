"""Where the rooms meet, with no screen."""
