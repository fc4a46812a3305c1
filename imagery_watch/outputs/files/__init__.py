"""The files of a run's folder, written whole and read back."""
