"""Objects in one look: a matched filter proposes places, and hypotheses compete for each of them by likelihood."""
