"""What notebooks show: films, and the report's own map."""
