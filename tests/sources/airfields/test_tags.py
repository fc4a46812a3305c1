"""What OpenStreetMap's tags say, in the forms in which they are exported."""

import pytest

from imagery_watch.sources.airfields.tags import find_osm_id, find_role, flatten_tags

FORMS = {
    "side by side": {"aeroway": "apron", "name": "Main"},
    "below tags": {"type": "way", "id": 2, "tags": {"aeroway": "apron", "name": "Main"}, "relations": []},
    "as GDAL has them": {"osm_way_id": "2", "name": "Main", "other_tags": '"surface"=>"asphalt","aeroway"=>"apron"'},
    "as GDAL has them, quoted": {"name": "Main", "other_tags": '"note"=>"so \\"big\\", so wide","aeroway"=>"apron"'},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_usual_form_is_read(form):
    tags = flatten_tags(FORMS[form])
    assert (tags["aeroway"], tags["name"]) == ("apron", "Main")


ROLES = [
    ({}, {}, "apron"),
    ({}, {"role": "stand"}, "stand"),
    ({}, {"role": "exclude", "aeroway": "apron"}, "exclude"),
    ({}, {"role": None, "aeroway": "runway"}, "runway"),
    ({}, {"aeroway": "apron"}, "apron"),
    ({}, {"aeroway": "parking_position"}, "stand"),
    ({}, {"tags": {"aeroway": "hangar"}}, None),
    *(
        ({}, {"aeroway": other}, None)
        for other in ("aerodrome", "hangar", "terminal", "gate", "taxiway", "helipad", "")
    ),
    ({"id": "way/7"}, {"building": "yes"}, None),
    ({}, {"@id": "relation/7", "landuse": "military"}, None),
    ({}, {"full_id": "w7", "osm_type": "way"}, None),
    ({"id": 7}, {"name": "Apron"}, "apron"),
]


@pytest.mark.parametrize(("feature", "properties", "expected"), ROLES)
def test_the_role_of_a_feature(feature, properties, expected):
    role, remark = find_role(feature, properties)
    assert role == expected
    assert bool(remark) is (expected is None)


@pytest.mark.parametrize(
    ("feature", "tags", "expected"),
    [
        ({"id": "way/7"}, {}, "way/7"),
        ({"id": 7}, {"@id": "node/7"}, "node/7"),
        ({}, {"osm_id": "7"}, "7"),
        ({}, {}, None),
    ],
)
def test_the_id_in_openstreetmap(feature, tags, expected):
    assert find_osm_id(feature, tags) == expected
