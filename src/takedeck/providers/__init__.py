"""The APIs, as typed clients that return the model's types."""
