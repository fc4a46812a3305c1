"""Looks compared as looks: what came and what left between two of them, where no empty ground is known."""
