"""What a run found, for other tools: GeoPackage, cloud-optimised GeoTIFF, KMZ, STAC, CSV, GeoParquet."""
