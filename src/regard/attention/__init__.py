"""The attention room."""
