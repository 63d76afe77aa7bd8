"""The web client shows the record's own words."""

from scripts.generate_hall_words import files


def test_the_generated_words_are_current() -> None:
    for path, text in files().items():
        assert path.read_text("utf-8") == text, "run: python -m scripts.generate_hall_words"
