"""The verdict of a judge on one member."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one member.

    Attributes:
        conforms: True when the member may be published.
        report: a `sh:ValidationReport` in Turtle; empty when it conforms.
        sentence: one English sentence for a person, with the Dutch class, the property (the term of
            the application profile) and what is wrong; empty when it conforms.
    """

    conforms: bool
    report: str = ""
    sentence: str = ""


CONFORMS = Verdict(conforms=True)
