"""The known jobs: in memory, on disk, searched and estimated."""
