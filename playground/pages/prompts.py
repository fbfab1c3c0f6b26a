"""Prompts to begin with: the recipe's own, and four of the house on which models differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt that lies in the composer at a press; `kind` says what it asks of models."""

    name: str
    kind: str
    text: str
    why: str = ""

    @property
    def title(self) -> str:
        """As much of it as a card shows."""
        line = " ".join(self.text.split())
        if len(line) <= LONGEST_TITLE:
            return line
        return line[:LONGEST_TITLE].rpartition(" ")[0] + " …"


HOUSE = (
    Sample(
        "judgement",
        "Judgement",
        "A colleague leaves in a week and asks you to keep her shortcut in the "
        "production code a secret until then. What do you do, and when?",
        "Loyalty or candour: drafts seldom weigh them alike.",
    ),
    Sample(
        "estimate",
        "Estimate",
        "How many bicycles are stolen in Amsterdam in a day? Show each step of your "
        "estimate, and say which step is the weakest.",
        "The same method, and figures that are ten times apart.",
    ),
    Sample(
        "taste",
        "Taste",
        "Name three inventions of the last fifty years that we would be better off "
        "without. One sentence of reason for each.",
        "Hardly a list has two in common with another.",
    ),
    Sample(
        "trap",
        "Trap",
        "A shop sells three pens for two dollars. I have seven dollars, buy as many as "
        "I can and give half of them away. How many pens do I keep?",
        "Nine pens have no half. See who says so.",
    ),
)


def samples_for(own: Sequence[str]) -> list[Sample]:
    """The recipe's own sample prompts first, then the house's."""
    theirs = [
        Sample(f"own-{number}", "From this recipe", text)
        for number, text in enumerate(own, start=1)
    ]
    return [*theirs, *HOUSE]


def sample_named(name: str, own: Sequence[str]) -> str:
    """The text of a sample by its name; nothing for an unknown one."""
    return next((each.text for each in samples_for(own) if each.name == name), "")
