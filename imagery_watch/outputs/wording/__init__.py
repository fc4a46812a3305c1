"""Sentences, summaries and credits: what a person reads, always hedged."""
