"""What is known of the jobs."""
