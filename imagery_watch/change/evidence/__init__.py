"""What a person needs to check what was told: looks at a place, measurements, and what else was thought of."""
