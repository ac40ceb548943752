"""How one taxonomy became another, by what the newer one says of itself: ``was``, ``from``, ``removed``.

A topic of before whose name, or whose entry under ``was``, is still there goes on. One that is gone and that a single
other topic newly takes rows ``from`` was renamed to it, or merged into it; one that several take rows from was split.
One of which nothing is said counts as removed: its rows are looked at again, so that nothing is guessed. A new topic
with a description or a name alike is proposed as its new name.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from topicsmith.errors import TaxonomyError
from topicsmith.taxonomy import Taxonomy, Topic, normalise, source_claims
from topicsmith.taxonomy_changes.changes import ChangeKind, OpenRows, TaxonomyDiff, TopicChange
from topicsmith.taxonomy_changes.proposals import propose_renames


def compare(before: Taxonomy, after: Taxonomy, same_meaning: Collection[str] = ()) -> TaxonomyDiff:
    """How ``before`` became ``after``; topics of ``same_meaning`` (names after) mean what they meant, however worded.

    Raises:
        TaxonomyError: when ``after`` does not say what became of a topic that was divided.
    """
    return _Comparison(before, after, frozenset(same_meaning)).diff()


class _Comparison:
    """One comparison under way: what is found about each topic of before."""

    def __init__(self, before: Taxonomy, after: Taxonomy, same_meaning: frozenset[str]) -> None:
        self.before, self.after, self.same_meaning = before, after, same_meaning
        self.current = {normalise(name): name for name in after.names}
        self.former = {normalise(name): topic.name for topic in after.topics for name in topic.was}
        self.removed = {normalise(name) for name in after.removed}
        self.claims = source_claims(after.topics)
        self.names: dict[str, str | None] = {topic.name: self._now(topic) for topic in before.topics}
        self.new_claims = self._new_claims()
        self.changes: list[TopicChange] = []
        self.put_up: dict[str, str] = {}
        self.subtopics: dict[str, Mapping[str, str]] = {}

    def _now(self, topic: Topic) -> str | None:
        """The topic that ``topic`` goes on as by its name or by ``was``."""
        form = normalise(topic.name)
        return self.current.get(form) or self.former.get(form)

    def _new_claims(self) -> dict[str, tuple[str, ...]]:
        """The same as ``claims``, without those that a topic made before."""
        earlier: dict[str, set[str]] = {}
        for topic in self.before.topics:
            now = self.names[topic.name]
            if now is not None:
                earlier.setdefault(now, set()).update(normalise(source) for source in topic.sources or ())
        found = {
            form: tuple(name for name in names if form not in earlier.get(name, ()))
            for form, names in self.claims.items()
        }
        return {form: names for form, names in found.items() if names}

    def diff(self) -> TaxonomyDiff:
        """Everything found."""
        self._check_divided_before()
        gone = [topic for topic in self.before.topics if self.names[topic.name] is None]
        unsaid = [topic for topic in gone if not self._resolve_gone(topic)]
        self._go_on()
        self._carved_out()
        added = self._added()
        self._catch_all()
        self._order()
        open_rows, why = self._open_rows(added)
        return TaxonomyDiff(
            tuple(sorted(self.changes, key=lambda change: _ORDER.index(change.kind))),
            self.names,
            self.subtopics,
            self.put_up,
            open_rows,
            why,
            self.before.catch_all,
            propose_renames(unsaid, added),
        )

    def _check_divided_before(self) -> None:
        """Whether a name that stood for several topics still does, or it is said that it is no more."""
        stands = {*self.current, *self.former, *self.removed, *(normalise(name) for name in self.before.names)}
        for form, of in source_claims(self.before.topics).items():
            left = self.claims.get(form, ())
            if form in stands or len(of) < 2 or len(left) != 1:
                continue
            spelt = next(s for t in self.before.topics for s in t.sources or () if normalise(s) == form)
            raise TaxonomyError(
                f"'{spelt}' was divided among {' and '.join(repr(name) for name in of)}, of which '{left[0]}' "
                f"alone is left; write 'removed: [{spelt}]' beside 'topics', or 'was: {spelt}' under "
                f"'{left[0]}' if it has all of those rows now"
            )

    def _resolve_gone(self, topic: Topic) -> bool:
        """Note what became of a topic that is gone; gives whether anything is said of it."""
        form = normalise(topic.name)
        claims = self.claims.get(form, ())
        if form in self.removed:
            self._change("removed", (topic.name,), ())
            self.put_up[topic.name] = f"'{topic.name}' was removed"
        elif len(claims) > 1:
            self._change("split", (topic.name,), claims)
            self.put_up[topic.name] = f"'{topic.name}' was split"
        elif claims and claims == self.new_claims.get(form):
            self.names[topic.name] = claims[0]
        elif claims:
            raise TaxonomyError(
                f"'{topic.name}' is gone, and '{claims[0]}' took only some of its rows; write 'was: {topic.name}' "
                f"under the topic that has the others, or 'removed: [{topic.name}]' beside 'topics'"
            )
        else:
            self._change("removed", (topic.name,), (), detail="nothing says what became of it")
            self.put_up[topic.name] = f"'{topic.name}' is gone"
            return False
        return True

    def _go_on(self) -> None:
        """Topics of before that are one of today's: the same, renamed, reworded or merged."""
        parts: dict[str, list[Topic]] = {}
        for topic in self.before.topics:
            now = self.names[topic.name]
            if now is not None:
                parts.setdefault(now, []).append(topic)
        for name, of in parts.items():
            goes_on = self.after.topic(name)
            if len(of) > 1:
                self._change("merged", tuple(topic.name for topic in of), (name,))
                for topic in of:
                    self._inside(topic, goes_on, merged=True)
                continue
            if of[0].name != name:
                self._change("renamed", (of[0].name,), (name,))
            self._wording(of[0], goes_on)
            self._inside(of[0], goes_on, merged=False)

    def _wording(self, old: Topic, now: Topic, of: str = "") -> bool:
        """Whether the wording is the same; where it is not and may mean something else, rows are put up."""
        parts = [what for what, differs in _wordings(old, now) if differs]
        if not parts:
            return True
        kept = (of or now.name) in self.same_meaning
        detail = " and ".join(parts) + (", with the same meaning" if kept else "")
        self._change("reworded", (old.name,), (now.name,), of=of, detail=detail)
        if not kept and not of:
            self.put_up[old.name] = f"'{now.name}' was reworded"
        return kept

    def _inside(self, old: Topic, now: Topic, *, merged: bool) -> None:
        """The subtopics of a topic that goes on; what changes more than their names puts its rows up."""
        by_form = {normalise(name): sub for sub in now.subtopics for name in (*sub.was, sub.name)}
        found = {sub.name: by_form.get(normalise(sub.name)) for sub in old.subtopics}
        self.subtopics[old.name] = {name: sub.name for name, sub in found.items() if sub is not None}
        if merged and not now.subtopics:
            return
        same, met = True, dict[str, list[Topic]]()
        for sub in old.subtopics:
            new = found[sub.name]
            if new is None:
                self._change("removed", (sub.name,), (), of=now.name)
                same = False
            else:
                met.setdefault(new.name, []).append(sub)
        for new in now.subtopics:
            same = self._subtopic(met.get(new.name, []), new, now.name, merged=merged) and same
        if not same and now.name not in self.same_meaning:
            self.put_up.setdefault(old.name, f"the subtopics of '{now.name}' changed")

    def _subtopic(self, of: Sequence[Topic], new: Topic, topic: str, *, merged: bool) -> bool:
        """Whether a subtopic of today holds the rows that it held, under whatever name."""
        if not of:
            if not merged:
                self._change("added", (), (new.name,), of=topic)
            return merged
        if len(of) > 1:
            self._change("merged", tuple(sub.name for sub in of), (new.name,), of=topic)
            return True
        if of[0].name != new.name:
            self._change("renamed", (of[0].name,), (new.name,), of=topic)
        return self._wording(of[0], new, topic)

    def _carved_out(self) -> None:
        """Topics that go on, and some of whose rows another one newly takes."""
        by_form = {normalise(topic.name): topic.name for topic in self.before.topics}
        for form, claimants in self.new_claims.items():
            name = by_form.get(form)
            now = None if name is None else self.names[name]
            others = tuple(each for each in claimants if each != now)
            if name is not None and now is not None and others:
                self._change("split", (name,), (now, *others))
                self.put_up[name] = f"some rows of '{name}' may be of {' or '.join(repr(each) for each in others)} now"

    def _added(self) -> list[Topic]:
        """Topics that no topic of before is, nor is divided into, and which say nothing of where rows come from."""
        known = {now for now in self.names.values() if now is not None}
        old = {normalise(name) for name in self.before.names}
        new = [topic for topic in self.after.topics if topic.name not in known]
        apart = [topic for topic in new if not old & {normalise(source) for source in topic.sources or ()}]
        if apart:
            for topic in apart:
                self._change("added", (), (topic.name,))
        return [topic for topic in apart if topic.sources is None or topic.sources]

    def _catch_all(self) -> None:
        old, new = self.before.catch_all, self.after.catch_all
        was = None if old is None else self.names[old]
        if was == new:
            return
        back: dict[str | None, str] = {now: name for name, now in self.names.items() if now is not None}
        for now, detail in ((was, "no longer the catch-all"), (new, "the catch-all now")):
            if now is not None and now in back:
                self._change("reworded", (back[now],), (now,), detail=detail)
                self.put_up[back[now]] = f"'{now}' is {detail}"

    def _order(self) -> None:
        place = {name: at for at, name in enumerate(self.after.names)}
        after = list(dict.fromkeys(now for now in self.names.values() if now is not None))
        moved = len(after) - _longest_rising([place[name] for name in after])
        if moved:
            noun = "topic stands" if moved == 1 else "topics stand"
            self._change("reordered", (), (), detail=f"{moved:,} of {len(after):,} {noun} elsewhere")

    def _open_rows(self, added: Sequence[Topic]) -> tuple[OpenRows, str]:
        if not added:
            return "none", ""
        names = " or ".join(repr(topic.name) for topic in added[:3]) + (" or others" if added[3:] else "")
        return ("unplaced" if self.before.catch_all else "all"), f"it may be of {names}, which is new"

    def _change(
        self, kind: ChangeKind, before: tuple[str, ...], after: tuple[str, ...], *, of: str = "", detail: str = ""
    ) -> None:
        self.changes.append(TopicChange(kind, before, after, of, detail))


_ORDER: tuple[ChangeKind, ...] = ("added", "removed", "renamed", "merged", "split", "reworded", "reordered")


def _wordings(old: Topic, now: Topic) -> tuple[tuple[str, bool], ...]:
    """What models are told of a topic beside its name, and whether it differs in more than white space."""
    texts = [[" ".join(example.split()) for example in topic.examples] for topic in (old, now)]
    return (
        ("description", old.description.split() != now.description.split()),
        ("examples", texts[0] != texts[1]),
    )


def _longest_rising(numbers: Sequence[int]) -> int:
    """The length of the longest part of ``numbers``, in order, that rises: those that need not be moved."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)
