"""What is kept of each airfield between sweeps, beside the record."""
