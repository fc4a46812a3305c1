"""The chip cache kept to its size; the imagery of hits that nobody has judged yet stays, whatever room it takes."""

from imagery_watch.outputs.store.store import Store
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.chip_cache import ChipCache, Kept

BYTES_A_GB = 1e9


def prune_cache(store: Store, settings: Settings) -> Kept:
    """Removes the windows that were not used for longest, down to `cache_gb`; returns what went. Raises StoreError.

    A cache that was put elsewhere may be shared with other homes, whose hits are not known here: nothing goes from it.
    """
    if settings.cache is not None:
        return Kept(0, 0)
    return ChipCache(settings.cache_dir).prune(settings.cache_gb * BYTES_A_GB, list_open_items(store))


def list_open_items(store: Store) -> set[str]:
    """Ids of the items that show a hit which stands and which nobody has reviewed. Raises StoreError."""
    waiting = [one.hit for one in store.recorded_hits() if one.judgement == "unreviewed"]
    return {item for hit in waiting if hit.status != "withdrawn" for item in (*hit.before_items, *hit.after_items)}
