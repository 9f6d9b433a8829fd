"""The translator room."""
