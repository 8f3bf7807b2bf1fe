"""Troubles that come again at each look are logged once."""

from logging import Logger


class SaidOnce:
    """The trouble of something that is tried again and again; logged when it comes, or becomes another."""

    def __init__(self, log: Logger, sentence: str) -> None:
        """`sentence` has one `%s`, for what is wrong."""
        self._log, self._sentence = log, sentence
        self.trouble: str | None = None
        """What went wrong last; None once it went well."""

    def note(self, trouble: str | None) -> None:
        """What came of one try; None if it went well."""
        if trouble is not None and trouble != self.trouble:
            self._log.warning(self._sentence, trouble)
        self.trouble = trouble
