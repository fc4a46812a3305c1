"""What the empty apron looks like, how its noise behaves, and what is left of a pass once that is taken away."""
