"""The pixels of a file as the file has them, and how they come onto the Grid."""
