"""The benchmarks are scripts in a folder, which find each other by name; their tests find them the same way."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
