"""Heaps and ridges of cleared snow: when they lie about, and what of the changes they explain as well."""
