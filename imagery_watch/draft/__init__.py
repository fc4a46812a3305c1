"""Aprons drawn from an image: arrays in, outlines out."""
