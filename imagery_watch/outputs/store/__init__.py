"""The record of `monitor`: one SQLite file, and how a new run finds its hits and stays in it."""
