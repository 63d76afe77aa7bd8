"""Every error of the client and the rehearsal is explained in both languages."""

import ast
from pathlib import Path

import pytest
import typer

from bidding.client.errors import ClientError
from bidding.client.explain import explain
from bidding.client.options import REFUSED, UNREACHABLE, UNUSABLE, exit_code, explained, secret
from bidding.messages import messages
from crypto.errors import Invalid

ROOT = Path(__file__).parents[3] / "bidding"


def raised():
    for package in ("client", "rehearse"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                if named and node.func.id == "ClientError" and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value, f"{path.name}:{node.lineno}"


def test_every_code_has_an_entry():
    missing = {code: place for code, place in raised() if code not in messages()}
    assert not missing


def test_an_explanation_speaks_both_languages():
    text = explain(ClientError("no-ticket"))
    assert "上传凭证" in text and "ticket" in text and text.startswith("kaibiao: no-ticket")


def test_the_servers_own_texts_come_first():
    problem = {"zh": {"what": "甲", "do": "乙"}, "en": {"what": "one", "do": "two"}}
    text = explain(ClientError("something-new", "why", status=409, problem=problem))
    assert text.splitlines() == ["kaibiao: something-new (why)", "甲 乙", "one two"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError("late", status=409), REFUSED),
        (ClientError("file-unreadable"), UNUSABLE),
        (ClientError("unreachable"), UNREACHABLE),
        (ClientError("unavailable", status=503), UNREACHABLE),
    ],
)
def test_exit_codes(error, code):
    assert exit_code(error) == code


@pytest.mark.parametrize("error", [ClientError("late", status=409), Invalid("bad-p12", "x")])
def test_a_failure_becomes_text_and_exit_code(error, capsys):
    with pytest.raises(typer.Exit) as left, explained():
        raise error
    assert left.value.exit_code == REFUSED
    assert error.code in capsys.readouterr().err


def test_secrets_come_from_the_environment_or_not_at_all(monkeypatch):
    monkeypatch.setenv("KAIBIAO_X", "geheim")
    assert secret("KAIBIAO_X", "?") == "geheim"
    monkeypatch.delenv("KAIBIAO_X")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(ClientError) as missing:
        secret("KAIBIAO_X", "?")
    assert missing.value.code == "passphrase-missing"
