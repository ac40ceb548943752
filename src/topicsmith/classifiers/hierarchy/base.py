"""The settings of a kind that another kind is built from."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import ValidationError

from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings


class Based(Protocol):
    """Settings of a kind that is built from another."""

    @property
    def name(self) -> str:
        """The candidate."""

    @property
    def seed(self) -> int:
        """Where its random numbers begin."""

    @property
    def base(self) -> Mapping[str, object]:
        """The settings of the kind inside."""


def base_settings(settings: Based) -> CandidateSettings:
    """The settings of the kind inside, checked by that kind.

    Raises:
        ProjectError: naming the key that is wrong, or a kind that is made of other candidates.
    """
    kind = candidate_kind(str(settings.base["kind"]))
    try:
        found = kind.Settings.model_validate({"name": settings.name, "seed": settings.seed, **settings.base})
    except ValidationError as invalid:
        finding = invalid.errors(include_url=False)[0]
        key = ".".join(str(part) for part in finding["loc"])
        raise ProjectError(f"candidate '{settings.name}': base.{key}: {finding['msg']}") from None
    if found.made_of:
        raise ProjectError(
            f"candidate '{settings.name}': base.kind: '{found.kind}' is made of other candidates, which know the "
            "project's topics only; name a kind that learns topics, and let the other name this candidate"
        )
    return found
