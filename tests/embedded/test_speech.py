"""What a person reads: sparse in a file, moving on a terminal."""

from __future__ import annotations

import io
import os

from playground.embedded.speech import Speech


class Terminal(io.StringIO):
    """A stream that says that a person looks at it."""

    def isatty(self) -> bool:
        return True


def tell(speech: Speech) -> None:
    for done in range(0, 101, 10):
        speech.progress("Tiny", done=done * 1_000_000, total=100_000_000)
    speech.say("Done.")


def test_progress_in_a_file_is_one_line_per_quarter() -> None:
    stream = io.StringIO()
    tell(Speech(stream))

    assert stream.getvalue().splitlines() == [
        "Tiny: 30 of 100 MB",
        "Tiny: 50 of 100 MB",
        "Tiny: 80 of 100 MB",
        "Tiny: 100 of 100 MB",
        "Done.",
    ]


def test_progress_on_a_terminal_moves_in_place_and_ends_its_line() -> None:
    stream = Terminal()
    tell(Speech(stream))

    assert stream.getvalue().count("\n") == 2
    assert stream.getvalue().endswith("\rTiny: 100 of 100 MB\x1b[K\nDone.\n")


def test_speech_goes_on_when_nobody_reads_any_more() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        tell(Speech(stream))
