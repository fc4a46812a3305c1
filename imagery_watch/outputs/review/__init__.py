"""What people make of the record's hits: reviews and hits as files, and what reviews add up to."""
