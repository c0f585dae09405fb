"""What is heard: files and frames, and nothing else."""
