"""Those who want to hear of hits without asking: webhooks, mail, whatever apprise reaches, a feed; and a heartbeat."""
