"""What went wrong with a call, in words for people."""

from __future__ import annotations

import pytest

from playground.live.faults import Fault


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("not done within the layer's 2 s", "Not done within the layer's 2 s."),
        ("Enough is enough!", "Enough is enough!"),
        (" stop. ", "Stop."),
        ("", ""),
    ],
)
def test_fault_says_its_message_as_a_sentence(message: str, says: str) -> None:
    assert Fault("timeout", message).says == says


def test_fault_of_a_layer_points_to_the_layers_limit() -> None:
    late = Fault("layer_timeout", "not done within the layer's 2 s")

    assert late.title == "took too long"
    assert late.remedy.startswith("Raise the layer's time limit")
