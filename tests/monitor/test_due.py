"""When a pass that the record knows is news again."""

from dataclasses import replace

import pytest
from support.rasters import make_item

from imagery_watch.model import Acquisition, Period
from imagery_watch.model.access import Origin
from imagery_watch.model.provenance import PassState
from imagery_watch.monitor.due import is_anything_new, list_versions
from imagery_watch.outputs.reconcile.record import PassRecord
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.items import parse_item

URI = "S2A_MSIL2A_20230601T101601_N0509_R065_T32TPS_20230601T162400.SAFE"


def listed(*schemes: str) -> Acquisition:
    """A pass of which each scheme's store has a copy, the first preferred."""
    items = []
    for order, scheme in enumerate(schemes):
        feature = make_item(f"copy-{order}", **{"s2:product_uri": URI})
        assets = {key: {**one, "href": f"{scheme}://store/{order}/{key}.tif"} for key, one in feature["assets"].items()}
        one = parse_item({**feature, "assets": assets}, "https://stac.example.com", SENTINEL_2)
        items.append(replace(one, origin=Origin("https://stac.example.com", None, order=order)))
    (acquisition,) = fold(items)
    return acquisition


def is_new(now: Acquisition, before: Acquisition, state: PassState) -> bool:
    """Whether the pass as it is listed now is news to a record that knows it as it was."""
    known = PassRecord(
        id=before.id,
        datetime=before.datetime,
        versions=list_versions(before),
        state=state,
        reason="",
        settings_hash="same",
        relative_orbit=65,
        sensor="sentinel-2",
        reason_code="",
    )
    return is_anything_new([now], Period(None, None), {known.id: known}, "same")


CASES: dict[str, tuple[PassState, tuple[str, ...], tuple[str, ...], bool]] = {
    "refused, and listed as before": ("refused", ("https",), ("https",), False),
    "refused, and another copy is listed now": ("refused", ("https",), ("https", "https"), True),
    "refused, and its copy can be opened now": ("refused", ("https", "s3"), ("https", "https"), True),
    "refused, and a copy that cannot be opened is listed now": ("refused", ("https",), ("https", "s3"), False),
    "read, and has no need of another copy": ("scored", ("https",), ("https", "https"), False),
    "refused, and its copy is listed no more": ("refused", ("https", "https"), ("https",), False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_new_copy_is_news_of_a_pass_that_was_refused(case: str) -> None:
    state, before, now, expected = CASES[case]
    assert is_new(listed(*now), listed(*before), state) is expected
