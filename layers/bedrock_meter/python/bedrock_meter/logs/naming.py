"""The profiles that a log object names, gathered batch by batch and learnt about together."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from bedrock_meter.domain.policy.profile import may_name_profile
from bedrock_meter.domain.records.memory import MOST_REMEMBERED
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.records import Record

_NOTHING: frozenset[str] = frozenset()


class Naming:
    """Remembers which model ids need no second look: those of models, and profiles learnt about."""

    def __init__(self, source: Source, valuation: Valuation) -> None:
        self._source = source
        self._valuation = valuation
        self._done: set[str | None] = set()
        self._only_failed: set[str] = set()

    def learn(self, records: Sequence[Record]) -> AbstractSet[str]:
        """Learn about what these records name; return what only failed calls had named before."""
        done = self._done
        for record in records:
            if record.modelId not in done:
                break
        else:  # Nearly always.
            return _NOTHING
        fresh = {record.modelId for record in records} - done
        profiles = {text for text in fresh if text and may_name_profile(text)}
        named = {self._source.named_by(record) for record in records if record.modelId in profiles}
        self._valuation.learn_named(named)
        learnt = {one.model_id for one in named if one.succeeded}
        again = learnt & self._only_failed
        self._only_failed = (self._only_failed | profiles) - learnt
        if len(self._done) + len(self._only_failed) > MOST_REMEMBERED:
            self._done.clear()
            self._only_failed.clear()
        self._done |= (fresh - profiles) | learnt
        return again
