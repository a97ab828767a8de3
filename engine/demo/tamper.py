"""Tampering: change two stored numbers behind the meter's back, to see the proof fail."""

from engine.demo.readings import CLOSED, LIVE
from engine.demo.stage import Stage


def tamper(stage: Stage) -> tuple[str, ...]:
    """Add a token to one closed total and to one live one; say which."""
    items = sorted(stage.items("Usage"), key=lambda item: (item["pk"], item["sk"]))
    victims = [
        next((item for item in items if item["sk"].startswith(kind) and item["tokens"]), None)
        for kind in (CLOSED, LIVE)
    ]
    for victim in filter(None, victims):
        stage.change("Usage", {"pk": victim["pk"], "sk": victim["sk"]}, "tokens", 1)
    return tuple(f"{victim['pk']} {victim['sk']}" for victim in victims if victim)
