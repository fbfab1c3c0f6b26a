"""Keeps parts alive: starts them, says when one died, tries again, stops all in order.

A part that dies comes back after 0.2 s, then 1, 2, 5, 5 … until it has stayed up for
half a minute. After four deaths in a row the supervisor goes on in silence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NoReturn

from playground.embedded.directory import DataDirectory
from playground.embedded.leftovers import Register
from playground.embedded.logs import last_lines, open_log
from playground.embedded.parts import Part
from playground.embedded.processes import spawn
from playground.embedded.speech import Speech

BACKOFF_SECONDS = (0.2, 1.0, 2.0, 5.0)
_STEADY_SECONDS = 30.0
_SPOKEN_DEATHS = 4
_SHOWN_LINES = 8
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)
_GLANCE_SECONDS = 0.1
_FIRST_GLANCE_SECONDS = 0.02


@dataclass(slots=True)
class _Seat:
    """A part and how it fares."""

    part: Part
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    log_from: int = 0
    deaths: int = 0
    start_at: float | None = None
    coming_back: bool = False


class Supervisor:
    """The parts of one `up`. Used from the main thread alone."""

    def __init__(
        self,
        directory: DataDirectory,
        speech: Speech,
        *,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._speech = speech
        self._environment = environment
        self._clock = clock
        self._register = Register(directory)
        self._seats: list[_Seat] = []

    def start(self, part: Part) -> None:
        """Start a part and keep it alive from now on."""
        seat = _Seat(part)
        self._seats.append(seat)
        self._spawn(seat)

    def wait_until(self, condition: Callable[[], bool], *, patience: float) -> bool:
        """Tend the parts until the condition holds; False when patience ran out."""
        until = self._clock() + patience
        while not condition():
            if self._clock() > until:
                return False
            self.tend()
            time.sleep(_FIRST_GLANCE_SECONDS)
        return True

    def watch(self) -> NoReturn:
        """Tend the parts until a signal's exception ends it."""
        while True:
            self.tend()
            time.sleep(_GLANCE_SECONDS)

    def tend(self) -> None:
        """Look at each part once: notice deaths, start what is due."""
        for seat in self._seats:
            if seat.process is None:
                if seat.start_at is not None and self._clock() >= seat.start_at:
                    self._spawn(seat)
            elif seat.process.poll() is not None:
                self._mourn(seat, seat.process.returncode)
            elif seat.coming_back and seat.part.is_ready():
                seat.coming_back = False
                self._speech.say(f"{_title(seat.part)} runs again.")

    def stop(self) -> None:
        """End every part, those that lean on others first."""
        by_tier = sorted(self._seats, key=lambda seat: -seat.part.tier)
        for _, group in groupby(by_tier, key=lambda seat: seat.part.tier):
            self._stop_together(list(group))
        self._seats.clear()

    def running(self) -> dict[str, int]:
        """The pid of each part that runs now."""
        return {
            seat.part.name: seat.process.pid
            for seat in self._seats
            if seat.process and seat.process.poll() is None
        }

    def _spawn(self, seat: _Seat) -> None:
        part = seat.part
        with open_log(self._directory.logs / part.log_name) as output:
            seat.log_from = os.fstat(output.fileno()).st_size
            seat.process = spawn(
                part.command,
                output=output,
                environment={**self._environment, **part.environment},
                at_death=part.at_death,
                niceness=part.niceness,
                handed=part.handed,
            )
        self._register.enter(part.name, seat.process.pid)
        seat.started_at, seat.start_at = self._clock(), None

    def _mourn(self, seat: _Seat, code: int) -> None:
        if self._clock() - seat.started_at >= _STEADY_SECONDS:
            seat.deaths = 0
        wait = BACKOFF_SECONDS[min(seat.deaths, len(BACKOFF_SECONDS) - 1)]
        seat.deaths += 1
        seat.process, seat.start_at = None, self._clock() + wait
        seat.coming_back = True
        self._register.leave(seat.part.name)
        if seat.deaths <= _SPOKEN_DEATHS:
            self._tell_death(seat, code, wait)

    def _tell_death(self, seat: _Seat, code: int, wait: float) -> None:
        log = self._directory.logs / seat.part.log_name
        end = f"{_title(seat.part)} ended ({_cause(code)})"
        if seat.deaths < _SPOKEN_DEATHS:
            self._speech.say(f"{end}. Starting it again in {wait:g} s.")
        else:
            self._speech.say(
                f"{end}, {seat.deaths} times in a row. Trying on every {wait:g} s "
                f"without a word until it stays; see {log}."
            )
        if code in _FROM_OUTSIDE:
            return  # its log ends with whatever it said last, and not with a reason
        for line in last_lines(log, since=seat.log_from, count=_SHOWN_LINES):
            self._speech.say(f"    {line}")

    def _stop_together(self, seats: Sequence[_Seat]) -> None:
        living = [
            (seat, seat.process)
            for seat in seats
            if seat.process and seat.process.poll() is None
        ]
        for _, process in living:
            process.send_signal(signal.SIGTERM)
        for seat, process in living:
            self._see_off(seat.part, process)

    def _see_off(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(part.patience_seconds)
        except subprocess.TimeoutExpired:
            self._speech.say(f"{_title(part)} does not stop; ending it by force.")
            process.kill()
            process.wait()
        self._register.leave(part.name)


def _title(part: Part) -> str:
    return part.name[:1].upper() + part.name[1:]


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
