"""What somebody needs who plays an incident with a group: `python -m course game_master`."""

from __future__ import annotations

import random

from drills.incidents import INCIDENTS

QUESTIONS = (
    "What did you see first, and what did you take it for?",
    "Which answer ruled the wrong causes out? Could you have asked for it earlier?",
    "What would have made it worse, and who was about to do it?",
    "What would have told us before a person noticed?",
)


def game_master() -> None:
    """Print the hand-out for a group: each incident, what to see, the cure."""
    print("# On call, for the game master\n")
    print("One of you starts an incident and says nothing. The others read the page aloud, look,")
    print("and agree on each step before it is done. Afterwards, ask the questions at the end.\n")
    for number, kind in enumerate(INCIDENTS, start=1):
        print(f"## {number}. {(kind.__doc__ or '').splitlines()[0]}\n")
        print(f"- The page: {kind.page}")
        print(f"- To start it: `system = await on_call.start({number})`")
        variants = [kind(random.Random(seed)) for seed in range(30)]  # enough to meet them all
        seen = {(tuple(each.parts), each.evidence, each.card) for each in variants}
        for parts, evidence, card in sorted(seen):
            print(f"- {' and '.join(parts)}: {kind.cause}. {evidence} The card: {card}.")
        print()
    print("## Questions for the debriefing\n")
    print("\n".join(f"{number}. {question}" for number, question in enumerate(QUESTIONS, start=1)))
