"""Tampering: change two stored numbers directly in the tables, to see the proof fail."""

from engine.demo.deployment import Deployment
from engine.demo.readings import CLOSED, LIVE


def tamper(deployment: Deployment) -> tuple[str, ...]:
    """Add a token to one closed total and to one live one; return their keys."""
    items = sorted(deployment.items("Usage"), key=lambda item: (item["pk"], item["sk"]))
    victims = [
        next((item for item in items if item["sk"].startswith(kind) and item["tokens"]), None)
        for kind in (CLOSED, LIVE)
    ]
    for victim in filter(None, victims):
        deployment.change("Usage", {"pk": victim["pk"], "sk": victim["sk"]}, "tokens", 1)
    return tuple(f"{victim['pk']} {victim['sk']}" for victim in victims if victim)
