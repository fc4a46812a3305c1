"""A sweep that several machines share: parts of the airfields, or a cluster that looks."""
