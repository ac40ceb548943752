"""Renders a chat template of others in a process of its own, which may take little time and little memory.

Run as a file by :mod:`templates`, so that it loads Jinja alone; the question comes in by standard input, the answer
goes out by standard output. The environment is the one of transformers: sandboxed, without a loader, with its
additions.
"""

import json
import resource
import sys
from datetime import datetime
from typing import Any

CPU_S = 5
MEMORY_BYTES = 512 * 1024 * 1024
LONGEST = 256 * 1024
"""How many characters a prompt without its texts may have."""


def _limit() -> None:
    """Take what is allowed; systems that cannot bound the memory of a process (macOS) leave it at time."""
    for kind, most in ((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (allowed, allowed))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise


def _environment() -> Any:
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """``{% generation %}`` marks what a model says; here it is passed through."""

        tags = {"generation"}  # noqa: RUF012  # as Jinja has it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    def refuse(message: object) -> None:
        raise TemplateError(str(message))

    def tojson(
        value: object, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = refuse
    made.globals["strftime_now"] = lambda form: datetime.now().strftime(form)  # as transformers does
    return made


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """One outcome for each of ``asked["conversations"]``: its ``text``, or the ``error`` that the template ended in."""
    try:
        template = _environment().from_string(asked["template"])
    except Exception as exc:  # noqa: BLE001  # whatever a template of others raises is its failure
        return {"outcomes": [{"error": _said(exc)}]}
    return {"outcomes": [_rendered(template, asked["values"], each) for each in asked["conversations"]]}


def _rendered(template: Any, values: dict[str, object], messages: object) -> dict[str, str]:
    parts: list[str] = []
    length = 0
    try:
        for part in template.generate(**values, messages=messages):
            parts.append(part)
            length += len(part)
            if length > LONGEST:
                return {"error": f"renders more than {LONGEST:,} characters"}
        text = "".join(parts)
        text.encode()
    except Exception as exc:  # noqa: BLE001  # whatever a template of others raises is its failure
        return {"error": _said(exc)}
    return {"text": text}


def _said(exc: Exception) -> str:
    """The error in a line: its kind, and the beginning of what it says."""
    told = "needs too much memory" if isinstance(exc, MemoryError) else str(exc)
    return " ".join(f"{type(exc).__name__}: {told}"[:300].split())


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
