"""Airfield files: found, read, checked, made from OpenStreetMap, and drawn on their Grid."""
