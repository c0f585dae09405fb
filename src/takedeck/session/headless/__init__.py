"""What a command plays, tests and counts without a screen."""
