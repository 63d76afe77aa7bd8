"""The web client shows the record's own words."""

from scripts.generate_hall_words import TARGET, typescript


def test_the_generated_words_are_current() -> None:
    assert TARGET.read_text("utf-8") == typescript(), "run: python -m scripts.generate_hall_words"
