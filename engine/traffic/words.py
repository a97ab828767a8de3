"""Text for prompts and answers: invented words, some accents and symbols, one planted phrase."""

from random import Random

CANARY = "the heron counts silver lanterns at dusk"
"""Stands in every prompt; a test searches for it everywhere outside the log bucket."""

SYLLABLES = "ba cor del fen gra hol in jun ka lor men nim or pel qua ris sol ter um vel wis yar zen"
SPICE = ("café", "naïve", "Zürich", "größer", '"quoted"', "back\\slash", "tab\tstop", "✓", "東京")
LENGTH = 200_000


class Words:
    """A long invented text that slices are cut from; cheaper than making sentences each time."""

    def __init__(self, seed: int) -> None:
        rng = Random(seed)
        syllables = SYLLABLES.split()
        lengths = rng.choices((1, 2, 2, 3), k=3_000)
        vocabulary = ["".join(rng.choices(syllables, k=length)) for length in lengths]
        words = [rng.choice(vocabulary) for _ in range(LENGTH // 6)]
        for place in range(0, len(words), 83):
            words[place] = rng.choice(SPICE)
        self._text = " ".join(words)

    def cut(self, rng: Random, length: int) -> str:
        """Cut a piece of text of about so many characters."""
        start = rng.randrange(max(1, len(self._text) - length))
        return self._text[start : start + length]

    def prompt(self, rng: Random, length: int) -> str:
        """Cut a piece of text with the planted phrase at its end."""
        return f"{self.cut(rng, length)} {CANARY}."
