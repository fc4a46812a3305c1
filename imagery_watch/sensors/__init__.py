"""What one mission's numbers mean: assets, counts to reflectance, validity."""
