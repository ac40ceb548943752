"""Edits taken together: each topic stands in one of them, is there, and differs from the others afterwards."""

from collections.abc import Sequence

from topicsmith.errors import TaxonomyError
from topicsmith.suggestions import did_you_mean
from topicsmith.taxonomy import Taxonomy, Topic, normalise
from topicsmith.taxonomy_changes.edits import Add, Edit, Merge, Order, PlacedEdit


def said(edit: Edit) -> str:
    """The edit as one short text."""
    kind = type(edit).__name__.lower()
    value = getattr(edit, kind)
    into = getattr(edit, "to", None) or getattr(edit, "into", None)
    names = into if isinstance(into, str) else ", ".join(part.name for part in into or ())
    shown = value if isinstance(value, str) else ", ".join(value[:5])
    under = f" under {edit.under}" if isinstance(edit, Add) and edit.under is not None else ""
    return f"{kind} {shown}{under}" + (f" into {names}" if names else "")


def touched(edit: Edit) -> tuple[str, ...]:
    """The topics of before that an edit is about."""
    if isinstance(edit, Merge):
        return (*edit.merge, edit.into)
    if isinstance(edit, Order | Add):
        under = edit.under if isinstance(edit, Add) else None
        return () if under is None else (under,)
    return (getattr(edit, type(edit).__name__.lower()),)


def check_together(taxonomy: Taxonomy, edits: Sequence[PlacedEdit]) -> None:
    """Whether each topic stands in one edit only, and is there.

    Raises:
        TaxonomyError: naming both edits.
    """
    names = {normalise(name): name for name in taxonomy.names}
    seen: dict[str, PlacedEdit] = {}
    orders = [each for each in edits if isinstance(each.edit, Order)]
    if len(orders) > 1:
        raise TaxonomyError(f"{orders[1].place}: 'order' stands in {orders[0].place} already; keep one of them")
    for placed in edits:
        for name in dict.fromkeys(normalise(each) for each in touched(placed.edit)):
            if name in seen and not _both_add(placed.edit, seen[name].edit):
                raise TaxonomyError(
                    f"{placed.place}: '{names.get(name, name)}' stands in two edits, '{said(placed.edit)}' here and "
                    f"'{said(seen[name].edit)}' in {seen[name].place}; keep one of them"
                )
            seen[name] = placed
        for name in touched(placed.edit):
            new = isinstance(placed.edit, Merge) and name == placed.edit.into
            if normalise(name) not in names and not new:
                now = taxonomy.match(name)
                called = f"it is called '{now}' now; " if now else did_you_mean(name, taxonomy.names)
                raise TaxonomyError(f"{placed.place}: '{name}' is not one of the topics; {called}correct the name")


def _both_add(edit: Edit, other: Edit) -> bool:
    """Whether two edits of one topic only add to it."""
    return isinstance(edit, Add) and isinstance(other, Add)


def named(edit: Edit) -> tuple[str, ...]:
    """The topics that an edit is about, before and after it."""
    made = getattr(edit, "to", None) or getattr(edit, "into", None) or getattr(edit, "add", None)
    names = () if made is None else (made,) if isinstance(made, str) else tuple(part.name for part in made)
    return (*touched(edit), *names)


def placed(error: TaxonomyError, topics: Sequence[Topic], edits: Sequence[PlacedEdit]) -> TaxonomyError:
    """What is wrong with the ``topics`` that ``edits`` made, with file and line of the edit that did it."""
    index = next((part for part in error.location or () if isinstance(part, int)), None)
    form = normalise(topics[index].name) if index is not None and index < len(topics) else None
    of_it = (each.place for each in edits if form in {normalise(name) for name in named(each.edit)})
    return TaxonomyError(f"{next(of_it, edits[-1].place)}: {error}")
