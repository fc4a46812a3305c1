"""Evidence packs: what a run rests on in one file, whether it is still that, and whether it gives the same hits."""
