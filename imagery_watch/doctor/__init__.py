"""What works from here: this machine, the record, and each catalogue that has a name."""
