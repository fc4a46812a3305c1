"""What was told of what was planted, in a sentence."""

from collections.abc import Sequence

from imagery_watch.model.truth import PlantedChange


def tell_truth(planted: Sequence[PlantedChange]) -> str:
    """`5 of 7 planted changes of aircraft found; 4 of 4 of what is no aircraft refused; 1 false.`"""
    aircraft = [one for one in planted if one.is_aircraft]
    others = [one for one in planted if not one.is_aircraft and not one.is_false]
    found = sum(one.hit_id is not None for one in aircraft)
    refused = sum(one.hit_id is None for one in others)
    false = sum(one.is_false for one in planted)
    return (
        f"{found} of {len(aircraft)} planted changes of aircraft found; {refused} of {len(others)} of what is no "
        f"aircraft refused; {false} false."
    )
