"""Aircraft-sized changes on airfield aprons, from free Sentinel-2 imagery.

`run(...)` looks at one airfield and `open_run(folder)` opens what an earlier run wrote; both give a `RunView` for
notebooks. Nothing heavy is imported until one of them is called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagery_watch.notebook import RunView, open_run, run

__version__ = "0.1.0"
__all__ = ["RunView", "__version__", "open_run", "run"]


def __getattr__(name: str) -> Any:
    if name in ("RunView", "open_run", "run"):
        from imagery_watch import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
