"""The settings of ``kind: hosted``, and where its services are."""

from pydantic import Field, field_validator

from topicsmith.project import CandidateSettings

PLACES = {
    "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "together": ("TOGETHER_API_KEY", "TOGETHER_BASE_URL", "https://api.together.ai/v1"),
}
_LEAST_IDLE_MINUTES, _MOST_IDLE_MINUTES = 30, 1440  # what Together accepts


class HostedSettings(CandidateSettings):
    """Settings of ``kind: hosted``. OpenAI knows only epochs, batch size and the learning rate's multiplier."""

    model: str
    prompt: str = "v2"
    epochs: int = Field(default=3, gt=0, le=50)
    rank: int = Field(default=16, gt=0, le=256)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=2e-4, gt=0, lt=1)
    batch_size: int | None = Field(default=None, gt=0)
    learning_rate_multiplier: float | None = Field(default=None, gt=0)
    budget_usd: float | None = Field(default=None, gt=0)
    concurrency: int = Field(default=50, gt=0, le=1000)
    hardware: str = "1x_nvidia_h100_80gb_sxm"
    config: str | None = None
    idle_minutes: int = Field(default=_LEAST_IDLE_MINUTES, ge=_LEAST_IDLE_MINUTES, le=_MOST_IDLE_MINUTES)
    download: bool = True
    poll_s: float = Field(default=30.0, gt=0)

    @field_validator("model")
    @classmethod
    def _known_host(cls, value: str) -> str:
        host, _, model = value.partition(":")
        if host not in PLACES or not model:
            raise ValueError(f"write {' or '.join(f'{name}:MODEL' for name in PLACES)}, as in together:Qwen/Qwen3-8B")
        return value
