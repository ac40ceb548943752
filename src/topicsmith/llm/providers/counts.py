"""Token counts as services report them: with zeros left out, as floats, or beside a total that says more."""

from collections.abc import Mapping, Sequence


class Counts:
    """The token counts in a response; a count that is not there, where others are, is 0."""

    def __init__(self, value: object, total: str | None = None) -> None:
        """Read ``value``, anything that may stand where counts should; ``total`` names the count of all tokens."""
        self._counts: Mapping[str, object] = value if isinstance(value, dict) else {}
        self._total = self.get(total) if total is not None else None

    def of(self, name: str) -> object:
        """What stands under ``name``."""
        return self._counts.get(name)

    def get(self, name: str) -> int | None:
        """The count called ``name``; ``None`` when it is not there or cannot be one."""
        return _count(self._counts.get(name))

    def input_and_output(self, read: str, written: Sequence[str]) -> tuple[int | None, int | None]:
        """The tokens read and all those written; each unknown when what stands there cannot be a count.

        A service that leaves out zeros says the rest: what is missing beside another count is 0, and where the total
        leaves more for the output than its parts say, as much was written.
        """
        names = [read, *written]
        if all(self.get(name) is None for name in names):
            return None, None
        counts = [_count(self._counts.get(name, 0)) for name in written]
        output = None if None in counts else sum(count or 0 for count in counts)
        prompt = self.get(read)
        if self._total is None or output is None:
            return prompt, output
        if read not in self._counts:  # a prompt is never empty
            return max(0, self._total - output), output
        return prompt, output if prompt is None else max(output, self._total - prompt)


def _count(value: object) -> int | None:
    """A number of tokens, ``None`` when what stands there cannot be one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None
