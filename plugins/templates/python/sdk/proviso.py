"""What a plugin of rules needs: settings and lists in, findings out.

The contract itself is in `wit_world`, which componentize-py makes from target/wit.
"""

import json
from dataclasses import dataclass, field

from componentize_py_types import Err
from offsets import Offsets
from wit_world import exports
from wit_world.exports import lifecycle
from wit_world.imports import log as contract_log
from wit_world.imports import types
from wit_world.imports.types import Severity

__all__ = ["Finding", "Lists", "MessageView", "SettingProblem", "Severity", "log", "plugin"]


@dataclass
class Finding:
    """Something that a person should know of."""

    # 1 to 64 bytes of `a-z 0-9 -`.
    rule: str
    severity: Severity
    # Where in the message's text: pairs of bytes, at most 16; see `MessageView.byte_at`.
    spans: list = field(default_factory=list)
    # Why, in one language at least: 1 to 1,024 bytes without line breaks.
    zh: str | None = None
    en: str | None = None

    def to_contract(self, message):
        reasons = [(types.Language.ZH, self.zh), (types.Language.EN, self.en)]
        return types.Finding(
            message=message,
            rule=self.rule,
            severity=self.severity,
            spans=[types.Span(start, end) for start, end in self.spans],
            reasons=[types.Reason(language, text) for language, text in reasons if text is not None],
        )


class SettingProblem(Exception):
    """What is wrong with a setting. Raised in the function that `plugin` is given, it reaches the operator."""

    def __init__(self, pointer, message):
        """`pointer` is a JSON Pointer into the settings, empty for the whole."""
        super().__init__(message)
        self.pointer, self.message = pointer, message


class Lists:
    """The lists that the manifest names for this policy."""

    def __init__(self, infos):
        self.all = infos

    def index(self, name, pointer):
        """The index of a list, which is what `Hit.list` carries. A name that is not there is a problem of the setting at `pointer`."""
        names = [info.name for info in self.all]
        if name in names:
            return names.index(name)
        told = ", ".join(f'"{name}"' for name in names)
        raise SettingProblem(pointer, f'no list "{name}": the manifest names {told or "none"}')


class MessageView:
    """A message to be judged. Its spans are in bytes of UTF-8, and text in Python is in characters."""

    def __init__(self, message):
        self.message = message
        self.text = message.text
        self._offsets = None

    def hits_of(self, index):
        """The hits of one list, ordered by start."""
        return [hit for hit in self.message.hits if hit.list == index]

    def text_of(self, span):
        """The text of a span."""
        return self.text[self.index_at(span.start) : self.index_at(span.end)]

    def index_at(self, byte):
        """Where in `text` the byte stands that a span names."""
        return self._places().index(byte)

    def byte_at(self, index):
        """The byte that a span names for a place in `text`."""
        return self._places().byte(index)

    def _places(self):
        if self._offsets is None:
            self._offsets = Offsets(self.text)
        return self._offsets


def plugin(configure):
    """What src/plugin.py exports: the two classes that the contract asks for.

    `configure(settings, lists)` is called once for every generation, before the plugin is frozen. It gives the function that judges one
    message: at most 64 findings. Nothing that it changes is seen by the next call, so it must not keep anything.
    """
    configured = {}

    class Lifecycle(exports.Lifecycle):
        def configure(self, settings, lists):
            try:
                configured["evaluate"] = configure(json.loads(settings), Lists(lists))
            except SettingProblem as problem:
                raise Err([lifecycle.Problem(problem.pointer, problem.message)]) from problem

    class Rules(exports.Rules):
        def evaluate(self, messages):
            evaluate = configured.get("evaluate")
            if evaluate is None:
                raise Err(types.Failure_NotConfigured())
            return [
                finding.to_contract(index)
                for index, message in enumerate(messages)
                for finding in evaluate(MessageView(message))
            ]

    return Lifecycle, Rules


def log(line):
    """Writes a line that `proviso pack test` shows."""
    contract_log.write(contract_log.Level.INFO, line)
