"""The way in: airfields, catalogues, pixels, cache."""
