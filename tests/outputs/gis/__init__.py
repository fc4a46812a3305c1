"""What other tools take."""
