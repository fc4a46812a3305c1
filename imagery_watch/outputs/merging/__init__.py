"""Several records brought together into one: the same whatever their order, and however often."""
