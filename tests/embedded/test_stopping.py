"""Signals: the first one stops, the rest change nothing."""

from __future__ import annotations

import os
import signal

import pytest

from playground.embedded.stopping import StopAsked, stoppable


def stop_and_stop_again(number: signal.Signals) -> None:
    with stoppable():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_stops_and_later_ones_are_ignored(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with pytest.raises(StopAsked):
        stop_and_stop_again(number)

    assert signal.getsignal(number) is before


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
