"""Where passes are listed: STAC APIs and STAC files, their Items, and the Acquisitions that these fold into."""
