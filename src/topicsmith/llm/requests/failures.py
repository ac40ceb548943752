"""What becomes of a row and of the run when a call fails: asked again, set aside, finished with it, or stopped for."""

from dataclasses import dataclass
from random import Random

from topicsmith.errors import UpstreamError
from topicsmith.llm.errors import BadRequest, ProviderFailure, TimedOut
from topicsmith.llm.requests.intake import Intake
from topicsmith.llm.requests.pacing import Call, Pacer
from topicsmith.llm.requests.refusals import IN_A_ROW, ROW_TRIES, Refusals, cure
from topicsmith.llm.requests.retries import backoff_s
from topicsmith.llm.requests.row_state import RowState, ending_of

SET_ASIDE = 3
"""A row told so often to be slower is asked alone, at the end."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What the end of a call means: the row is ``finished`` with the failure, and the run stops for an ``error``."""

    finished: bool = False
    error: BaseException | None = None


class Failures:
    """Decides about failed calls; rows that are to be asked again go back to where they are sent from.

    Attributes:
        suspicion: a refusal that looks like everybody's, while calls that are open may still tell otherwise.
    """

    def __init__(self, pacer: Pacer, rows: Intake) -> None:
        """Tell ``pacer`` how calls ended, and give ``rows`` back those to ask again."""
        self.suspicion: ProviderFailure | None = None
        self._pacer = pacer
        self._rows = rows
        self._refusals = Refusals()
        self._random = Random()  # noqa: S311  # jitter is no secret

    @property
    def in_a_row(self) -> bool:
        """Whether so many calls were refused in a row that others should be tried than those beside them."""
        return self._refusals.in_a_row >= IN_A_ROW // 2

    def known_good(self) -> None:
        """An earlier run was answered."""
        self._refusals.proven = True

    def answered(self) -> None:
        """A call was answered."""
        self._refusals.accepted()
        self.suspicion = None

    def ended(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:
        """Decide about ``row`` after ``call`` failed."""
        by_ending = {
            "stop": self._stopped, "machine_full": self._machine_full, "suspected": self._suspected,
            "limited": self._limited, "retry": self._retried, "done": self._done,
        }  # fmt: skip
        return by_ending[ending_of(failure)](row, call, failure)

    def _stopped(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:  # noqa: ARG002  # as the others
        self._pacer.abandoned(call)
        return Ended(error=failure)

    def _machine_full(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:  # noqa: ARG002  # as the others
        self._pacer.exhausted(call)
        self._rows.fresh.appendleft(row)
        return Ended()

    def _done(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:  # noqa: ARG002  # as the others
        self._pacer.answered(call)
        if not (isinstance(failure, BadRequest) and self._refused(call, failure)):
            return Ended(finished=True)
        which = "last" if self._refusals.proven else "first"
        said = f"each of the {which} {IN_A_ROW} requests was refused: {failure}{cure(str(failure))}"
        return Ended(finished=True, error=UpstreamError(said))

    def _refused(self, call: Call, failure: ProviderFailure) -> bool:
        return self._refusals.refused(call.number, self._pacer.concurrency.last, failure)

    def _suspected(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:
        """A refusal that may be everybody's: the row is asked again, unless the others tell whose it is."""
        everybodys = self._refused(call, failure)
        row.refusals += 1
        self._pacer.suspected(call, row.refusals)
        others_told = self._refusals.in_a_row == 1 or not self._rows.has_others
        if everybodys:
            self.suspicion = failure
        elif row.refusals >= ROW_TRIES and self._refusals.proven and others_told:
            return Ended(finished=True)
        self._rows.again(row, backoff_s(row.refusals, self._random))
        return Ended()

    def _limited(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:
        """A call was one too many; a row that it happens to again and again is asked alone at the end."""
        alone = row.limits > SET_ASIDE and self._pacer.concurrency.open_calls == 1
        row.limits += 1
        self._pacer.limited(call, failure)
        if alone and self._refusals.limited_alone():
            return Ended(finished=True)
        if row.limits > SET_ASIDE:
            self._rows.aside.append(row)
        else:
            self._rows.fresh.appendleft(row)
        return Ended()

    def _retried(self, row: RowState, call: Call, failure: ProviderFailure) -> Ended:
        row.tries += self._pacer.counts(call)
        tell = self._pacer.timed_out if isinstance(failure, TimedOut) else self._pacer.failed
        wait = tell(call, failure, row.tries)
        if wait is None:
            return Ended(finished=True)
        self._rows.again(row, wait)
        return Ended()
