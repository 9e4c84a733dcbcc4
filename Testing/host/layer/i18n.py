"""Stand-in for ``slicer.i18n``: the texts as they are."""


def tr(text: str) -> str:
    """The text in the language of the application."""
    return text


def translate(_context: str, text: str) -> str:
    """The text of a context in the language of the application."""
    return text
