"""From a signed URL to bytes on disk."""
