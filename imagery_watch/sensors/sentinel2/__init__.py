"""Sentinel-2 Level-2A: what its items say, what its counts mean, and what the change stage must know of it."""
