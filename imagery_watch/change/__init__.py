"""From a stack of passes to scored changes: arrays in, arrays out; no paths, no clock, no network."""
