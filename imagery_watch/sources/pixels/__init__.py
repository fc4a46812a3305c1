"""Windows of imagery: read over HTTP or from files, kept in the chip cache, joined to Scenes."""
