"""The chip cache is kept to its size, but for the imagery of hits that nobody has judged."""

from pathlib import Path

from outputs.builders import make_hit
from outputs.reconcile.test_standing import review
from outputs.store.test_store import NOW, make_run
from sources.pixels.test_chip_cache import COUNTS, GRID

from imagery_watch.monitor.keeping.pruning import prune_cache
from imagery_watch.outputs.store.store import open_store
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.chip_cache import ChipCache


def test_only_the_imagery_of_open_hits_stays_beyond_the_quota(tmp_path: Path) -> None:
    hits = [
        make_hit(id="LIPB-open", before_items=("a",), after_items=("b",)),
        make_hit(id="LIPB-judged", before_items=("b",), after_items=("c",)),
        make_hit(id="LIPB-gone", before_items=("d",), after_items=("e",), status="withdrawn"),
    ]
    settings = Settings(home=tmp_path, cache_gb=1e-9)
    cache = ChipCache(settings.cache_dir)
    for item in "abcdef":
        cache.put(item, "B04", GRID, COUNTS)
    with open_store(tmp_path) as store:
        store.save(make_run(*hits), store.start_sweep(NOW, "0", "a catalogue"), NOW)
        store.add_reviews([review("rejected", hit="LIPB-judged")], NOW)
        plenty = settings.model_copy(update={"cache_gb": 1.0})
        assert prune_cache(store, plenty).files == 0
        assert prune_cache(store, settings).files == 4
    assert {item for item in "abcdef" if cache.get(item, "B04", GRID) is not None} == {"a", "b"}
