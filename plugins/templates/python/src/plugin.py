"""Finds promised rates of return: a word of a list, and behind it, in the same sentence, a percentage that is too high."""

import re

from proviso import Finding, Severity, plugin

# What is left of a sentence, at most 40 characters.
SENTENCE = re.compile("[^。！？；!?;]{0,40}")
RATE = re.compile("([0-9]+)[0-9.]* ?[%％]")


def configure(settings, lists):
    """The settings are as settings.schema.json describes them."""
    at_least = settings["at_least"]
    words = lists.index(settings["list"], "/list")

    def evaluate(message):
        for hit in message.hits_of(words):
            end = rate_end(message.text, message.index_at(hit.span.end), at_least)
            if end is not None:
                yield Finding(
                    "promised-rate",
                    Severity.HIGH,
                    spans=[(hit.span.start, message.byte_at(end))],
                    zh=f"承诺的收益率不低于 {at_least}%",
                    en=f"promises a return of {at_least} % or more",
                )
                return

    return evaluate


def rate_end(text, start, at_least):
    """Where the first rate of at least so many per cent ends in the sentence that goes on at `start`."""
    sentence_end = SENTENCE.match(text, start).end()
    for rate in RATE.finditer(text, start, sentence_end):
        if int(rate[1]) >= at_least:
            return rate.end()
    return None


Lifecycle, Rules = plugin(configure)
