"""Flight tracks as people hold them in files: one small file a format, behind one door that knows them by content."""
