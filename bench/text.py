"""Text that packs as real prompts do: about three to one, with code, accents and base64 in it."""

import base64
from itertools import accumulate
from random import Random

VOCABULARY = 20_000
LENGTH = 3_000_000
CONSONANTS = "b c d f g l m n p r s t v st tr ch th pl".split()  # noqa: SIM905
ENDINGS = "a e i o u en er al on ing ate is".split()  # noqa: SIM905
SPICE = ("café", "naïve", "Zürich", "größer", "—", "“so”", "✅", "→", "€")


class Text:
    """Long invented texts, made once; bodies are slices of them."""

    def __init__(self, rng: Random) -> None:
        syllables = [start + end for start in CONSONANTS for end in ENDINGS]
        sizes = rng.choices((1, 2, 3, 4), (3, 3, 2, 1), k=VOCABULARY)
        words = ["".join(rng.choices(syllables, k=size)) for size in sizes]
        # Zipf's invariant: a few words make up most of a text.
        weights = list(accumulate(1 / (rank + 8) ** 1.05 for rank in range(VOCABULARY)))
        self.prose = _prose(rng, rng.choices(words, cum_weights=weights, k=LENGTH // 6))
        self.code = _code(rng, words[:3_000])
        self.noise = base64.b64encode(rng.randbytes(1_000_000)).decode()

    def cut(self, rng: Random, length: int) -> str:
        """Cut a piece: mostly prose, sometimes code."""
        text = self.prose if rng.random() < 0.75 else self.code
        start = rng.randrange(max(1, len(text) - length))
        return text[start : start + length]

    def picture(self, rng: Random, length: int) -> str:
        """Cut a piece of base64."""
        start = rng.randrange(max(1, len(self.noise) - length))
        return self.noise[start : start + length]


def _prose(rng: Random, words: list[str]) -> str:
    for place in range(0, len(words), 90):
        words[place] = rng.choice(SPICE)
    for place in range(0, len(words), 11):
        words[place] += rng.choice((".", ".", ",", "?", ".\n\n", ":\n- "))
    return " ".join(words)


def _code(rng: Random, words: list[str]) -> str:
    lines = []
    for _ in range(30_000):
        one, two, three = rng.choices(words, k=3)
        lines.append(
            rng.choice(
                (
                    f'    {one}_{two} = {three}["{one}"].get("{two}", {rng.randrange(1000)})\n',
                    f'    if {one}.{two} != "{three}\\n":\n        return {{"{one}": {two}}}\n',
                    f'{{"{one}": "{two}", "id": "{rng.getrandbits(32):08x}", "ok": true}}\n',
                    f"def {one}_{two}(self, {three}: str) -> None:\n\t# {two}\n",
                )
            )
        )
    return "".join(lines)
