"""How what a run found is told to be what the record has, and how hits stand: pure, no tables."""
