"""Which airfield a person means: its code, its name, its city, or a place on the map."""
