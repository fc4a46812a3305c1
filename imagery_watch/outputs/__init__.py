"""The way out: GeoJSON, tables, pictures, the report, the record."""
