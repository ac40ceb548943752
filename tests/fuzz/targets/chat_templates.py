"""Chat templates of foreign models, which are programs: rendered, refused, or ended in time."""

from pathlib import Path
from unittest.mock import patch

from tests.fuzz.harness import Target
from topicsmith.classifiers.torch_common import templates
from topicsmith.errors import ModelFolderError

MESSAGES = [{"role": "system", "content": "sort it"}, {"role": "user", "content": "my {{ bank }}"}]
TEMPLATES = [
    b"{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}\n{% endfor %}{% if more %}<|a|>{% endif %}",
    b"{%- set n = namespace(n=0) -%}{%- for m in messages -%}{%- set n.n = n.n + m.content|length -%}{%- endfor -%}",
    b"{% macro f(x) %}{{ x ~ x }}{% endmacro %}{{ f(f(messages[0]['content'])) }}{{ raise_exception('no') if false }}",
    b"{% for i in range(999999999) %}{% for j in range(999999999) %}{{ i ** j }}{% endfor %}{% endfor %}",
]


def _read(path: Path) -> None:
    with patch.object(templates, "WALL_S", 4.0):
        template = path.read_bytes().decode("utf-8", "replace")
        templates.render(template, "a model", [MESSAGES], {"more": True})


TARGET = Target(_read, (ModelFolderError,), ".jinja", lambda: TEMPLATES)
