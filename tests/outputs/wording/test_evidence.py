"""The detector's view in words: no probability is told as surer than it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Evidence
from imagery_watch.outputs.wording.evidence import tell_probability, weaken
from outputs.builders import make_hit


@given(st.floats(0.0, 1.0))
def test_more_false_alarms_never_make_a_hit_likelier(probability: float) -> None:
    assert 0.0 <= weaken(probability) <= probability


@pytest.mark.parametrize(("probability", "worse"), [(0.5, 0.25), (0.99, 0.97059), (0.0, 0.0), (1.0, 1.0)])
def test_three_times_the_false_alarms_are_a_third_of_the_odds(probability: float, worse: float) -> None:
    assert weaken(probability) == pytest.approx(worse, abs=1e-5)


def test_a_doubted_replacement_has_its_doubt_first_and_no_sentence_that_anything_came() -> None:
    doubt = Evidence("light curve", "same_object_undecided", "It may be one and the same object.")
    told = tell_probability(make_hit(kind="replacement", probability=0.99, evidence=(doubt,)))
    assert told.startswith("undecided: a replacement, or one and the same object; by its score, which cannot tell")
    assert "0.99 (0.97 if" in told and "an aircraft came" not in told
    assert tell_probability(make_hit(evidence=(doubt,))).startswith("undecided: ")


def test_what_is_not_calibrated_has_no_number() -> None:
    assert tell_probability(make_hit(probability=None)) == "not calibrated yet"
    assert tell_probability(make_hit(probability=0.5)).startswith("0.50 (0.25 if false alarms")
