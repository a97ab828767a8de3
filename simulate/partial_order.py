"""Partial-order reduction: which actors have to move next, and which may wait."""

from collections.abc import Sequence

from simulate.footprints import Footprint
from simulate.positions import Position, Positions


class PartialOrder:
    """Chooses among positions; the order of writes to the parts `added` does not matter."""

    def __init__(self, positions: Positions, added: int) -> None:
        self._positions, self._added = positions, added
        self._near: dict[tuple[int, int, bool], tuple[bool, bool]] = {}

    def first(self, actors: Sequence[int], *, may_die: bool) -> Sequence[int]:
        """Choose the actors whose moves have to be tried next; the others may wait.

        One is enough if its next call is independent of all that the others may ever do; else the
        smallest group that is independent of the rest in all that both may ever do.
        """
        if len(actors) < 2:
            return actors
        places = range(len(actors))
        for place in places:
            one = actors[place]
            if not any(
                self._touch(one, actors[other], may_die)[0] for other in places if other != place
            ):
                return [one]
        groups: list[list[int]] = []
        for one in actors:
            near = [
                group
                for group in groups
                if any(self._touch(one, other, may_die)[1] for other in group)
            ]
            groups = [group for group in groups if group not in near]
            groups.append([one, *(other for group in near for other in group)])
        return sorted(set(min(groups, key=len)))

    def _touch(self, one: int, other: int, may_die: bool) -> tuple[bool, bool]:
        """Return whether the order of two actors may matter: of the first one's next call and all
        that may come of the other, and of all that may come of both."""
        key = (one, other, may_die)
        if key not in self._near:
            mine, theirs = self._positions[one], self._positions[other]
            after = theirs.again if may_die else theirs.rest
            self._near[key] = (
                self._matters(mine, mine.now, theirs, after),
                self._matters(mine, mine.again if may_die else mine.rest, theirs, after),
            )
        return self._near[key]

    def _matters(self, mine: Position, one: Footprint, theirs: Position, other: Footprint) -> bool:
        if mine.log_object and theirs.log_object and mine.log_object != theirs.log_object:
            one, other = one.shared(), other.shared()
        return one.touches(other, self._added)
