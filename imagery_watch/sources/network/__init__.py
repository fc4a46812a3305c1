"""The one way to servers: connections with deadlines, who may be asked, and what became of each exchange."""
