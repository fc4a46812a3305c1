"""A simulated world of its own, drawn with physics from its own sources: nothing of the detector is used here."""
