"""The detector held against what is known to be true: verdicts, and detection limits."""
