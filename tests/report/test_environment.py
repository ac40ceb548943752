"""What stand-alone pages share."""

import base64
import hashlib

from topicsmith.report.environment import page_environment, policy_of, style_of


def test_the_style_of_a_package_stands_behind_that_of_the_report() -> None:
    own = style_of("topicsmith.discovery")
    assert own.startswith(style_of())
    assert len(own) > len(style_of())


def test_the_policy_lets_in_the_one_style_sheet() -> None:
    digest = base64.b64encode(hashlib.sha256(b"p{}").digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy_of("p{}")


def test_texts_are_escaped_and_templates_may_import_the_macros() -> None:
    template = '{% import "macros.html" as m %}{{ m.foreign(text) }} {{ 0.5|percent }}'
    found = page_environment("topicsmith.discovery").from_string(template).render(text="<b>")
    assert found == "<bdi>&lt;b&gt;</bdi> 50.0\u202f%"
