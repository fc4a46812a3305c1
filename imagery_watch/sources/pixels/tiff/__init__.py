"""Tiled GeoTIFFs of one band, DEFLATE or not packed, by as few bytes as their pixels need; all others are GDAL's."""
