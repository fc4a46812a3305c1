"""Aircraft-sized changes on airfield aprons, from free Sentinel-2 imagery.

`run(...)` looks at one airfield and `open_run(folder)` opens what an earlier run wrote; both give a `RunView` for
notebooks. `hits(...)` is a table of what `monitor` has recorded. Nothing heavy is imported until one of them is called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagery_watch.api import hits, open_run, run
    from imagery_watch.errors import ImageryWatchError, UsageError
    from imagery_watch.run_view import RunView

    __version__: str

__all__ = ["ImageryWatchError", "RunView", "UsageError", "__version__", "hits", "open_run", "run"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("imagery-watch")
    if name in ("ImageryWatchError", "UsageError"):
        from imagery_watch import errors

        return getattr(errors, name)
    if name in ("RunView", "hits", "open_run", "run"):
        from imagery_watch import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
