"""The page over all airfields of the record: what is new, what is silent, what needs a look."""
