"""How a sweep tells those who wait: what is composed, sent, written to the feed, and said of its own pulse."""
