"""The watch: one idempotent sweep over many airfields."""
