"""The part of the report that tells of flight tracks."""
