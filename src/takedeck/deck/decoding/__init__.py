"""From a growing file to frames: every decoder, each foreign one in a child process."""
