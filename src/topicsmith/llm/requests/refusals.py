"""Whose fault a refusal is, the row's or everybody's, told by what happens to the other rows.

Words lie: a service says 400 where no money is left, 403 where one text displeases it, and quotes the text it was asked
about. So a refusal that looks like the key's or the account's stops a run only when others are refused as well: at once
where nothing was ever accepted, after several waves of calls where calls were. A row that alone is refused ends with
that failure.
"""

import re

from topicsmith.llm.errors import AuthRefused, ProviderFailure, QuotaExhausted

ROW_TRIES = 3
"""How often a row whose refusal looks like everybody's is asked, while others are accepted."""

IN_A_ROW = 20
"""Refusals in a row that are everybody's, whatever their words."""

_WAVES = 5
_WAVES_UNPROVEN = {403: 3}
_LIMITED_ALONE = 3

_FORM = re.compile(
    r"response_?format|json[_ ]?schema|responseJsonSchema|schema|structured|enum|too many states", re.IGNORECASE
)
_FIELD = re.compile(
    r"temperature|max(?:_completion)?_tokens|effort|thinking|chat_template|seed|unsupported|unrecognized"
    r"|unknown (?:field|parameter|argument)|extra inputs",
    re.IGNORECASE,
)


def cure(said: str) -> str:
    """What a person can do about a refusal that speaks of the request's form, to be put behind it."""
    if _FORM.search(said):
        return "; 'answer: xml' under 'labeling' asks without a schema, fewer topics make a smaller one"
    if _FIELD.search(said):
        return "; 'body' of the annotator in the project file adds fields to the request and removes them"
    return ""


def looks_like_everybodys(failure: ProviderFailure) -> bool:
    """Whether a refusal would concern every call, if its status and words were to be believed."""
    return isinstance(failure, AuthRefused | QuotaExhausted)


class Refusals:
    """Counts refusals since a call was last accepted.

    Calls are known by their numbers. Those that were open when one was refused are its wave and count once: a passing
    fault refuses them all.

    Attributes:
        proven: whether a call was ever accepted with this key, by this run or an earlier one.
        in_a_row: refusals since.
    """

    def __init__(self) -> None:
        self.proven = False
        self.in_a_row = 0
        self._waves = 0
        self._wave_ends = 0
        self._limited = 0

    def accepted(self) -> None:
        """Count a call that was accepted."""
        self.proven = True
        self.in_a_row = self._waves = self._limited = 0

    def refused(self, call: int, last: int, failure: ProviderFailure) -> bool:
        """Count the refusal of ``call``, where ``last`` is the number sent last; gives whether it is everybody's."""
        self.in_a_row += 1
        if call > self._wave_ends:
            self._waves += 1
            self._wave_ends = last
        if looks_like_everybodys(failure):
            most = _WAVES if self.proven else _WAVES_UNPROVEN.get(failure.status or 0, 1)
            return self._waves >= most
        return self.in_a_row >= IN_A_ROW

    def limited_alone(self) -> bool:
        """Count a call that was told to be slower though it was the only one; gives whether it is the row's fault."""
        self._limited += 1
        return self.proven and self._limited >= _LIMITED_ALONE
