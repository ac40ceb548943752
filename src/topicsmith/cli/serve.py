"""``topicsmith serve``: a trained classifier behind an address."""

import ipaddress
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.errors import UserError
from topicsmith.progress import plain
from topicsmith.serving.http.server import ServerSettings, run_server
from topicsmith.serving.keys import VARIABLE, AccessKey, Doorkeeper, make_key, parse_keys, read_keys
from topicsmith.serving.logs import EventLog
from topicsmith.serving.records import Limits, WorkerSettings

_DEFAULT = Limits()


def serve(
    model: Annotated[
        Path | None, typer.Argument(help="A project, a run folder (what it says to deploy) or a model folder.")
    ] = None,
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads that compute; by default one a core.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help=f"A file of keys, one a line; by default what {VARIABLE} holds."),
    ] = None,
    make: Annotated[
        str | None, typer.Option("--make-key", metavar="NAME", help="Print a new key and its line for --keys, and end.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Listen on other addresses than this machine's own without keys.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="A name that the server is called by; may be repeated; '*' allows all."),
    ] = None,
    queue_tokens: Annotated[
        int, typer.Option("--queue-tokens", min=1, help="Tokens (about 4 bytes) that may wait; more is refused.")
    ] = _DEFAULT.queue_tokens,
    items: Annotated[int, typer.Option("--items", min=1, help="The most items of a request.")] = _DEFAULT.items,
    body_bytes: Annotated[
        int, typer.Option("--body-bytes", min=1, help="The most bytes of a request.")
    ] = _DEFAULT.body_bytes,
    text_characters: Annotated[
        int, typer.Option("--text-characters", min=1, help="The most characters of a text.")
    ] = _DEFAULT.text_characters,
    deadline: Annotated[
        float, typer.Option("--deadline", min=0.01, help="Seconds within which a request is answered, or given up.")
    ] = _DEFAULT.deadline_s,
    idle: Annotated[
        float, typer.Option("--idle", min=0.1, help="Seconds that headers, a body or a reader may take.")
    ] = _DEFAULT.idle_s,
    stall: Annotated[
        float, typer.Option("--stall", min=0.1, help="Seconds after which a batch counts as hung.")
    ] = _DEFAULT.stall_s,
    start_seconds: Annotated[
        float, typer.Option("--start-seconds", min=1, help="Seconds that loading the model may take.")
    ] = _DEFAULT.start_s,
) -> None:
    """Serve a trained classifier over HTTP.

    POST /v1/classify with {"text": ...}, {"texts": [...]} or {"messages": [...]}; /predict speaks as
    text-embeddings-inference and /classify as vLLM. /readyz, /healthz, /metrics, /v1/models and /openapi.json say the
    rest. SIGTERM answers what was accepted and ends with 0; SIGHUP loads the model anew. Events go to standard error
    as JSON lines, without texts or keys.
    """
    if make is not None:
        secret, kept = make_key(make)
        sys.stdout.write(f"{secret}\n{kept.line()}\n")
        sys.stderr.write("the first line is the key, which is kept nowhere; the second belongs into the file of keys\n")
        return
    if model is None:
        raise UserError("name what is to be served: a project, a run folder or a model folder")
    known = _keys(keys)
    check_reach(host, known, open_)
    settings = ServerSettings(
        WorkerSettings(model, candidate, threads or _cores()),
        host,
        port,
        replace(
            _DEFAULT,
            queue_tokens=queue_tokens,
            items=items,
            body_bytes=body_bytes,
            text_characters=text_characters,
            deadline_s=deadline,
            idle_s=idle,
            stall_s=stall,
            start_s=start_seconds,
        ),
        Doorkeeper(known),
        frozenset(name.lower() for name in allow_host or ()),
    )
    run_server(settings, _say, EventLog())


def _cores() -> int:
    """The cores that this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _say(address: str) -> None:
    sys.stderr.write(plain(f"serve: listening on {address}") + "\n")
    sys.stderr.flush()


def _keys(path: Path | None) -> tuple[AccessKey, ...]:
    """The keys of a file or of the environment; none where neither is given."""
    if path is not None:
        return read_keys(path)
    given = os.environ.get(VARIABLE)
    return () if given is None else parse_keys(given.replace(";", "\n").splitlines(), VARIABLE)


def check_reach(host: str, keys: tuple[AccessKey, ...], open_: bool) -> None:
    """Refuse to be reached from other machines by everybody, unless that is asked for.

    Raises:
        UserError: when ``host`` is not this machine's own address, there are no keys, and ``open_`` is not given.
    """
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if not (own or keys or open_):
        raise UserError(
            f"--host {host}: everybody who reaches this machine could ask; name '--keys FILE' (a line of it is made by "
            "'topicsmith serve --make-key NAME'), or add '--open'"
        )
