"""The same job as a Python script with pyahocorasick: terms and messages in, one line of JSON out."""

import argparse
import importlib.metadata
import json
import time

import ahocorasick


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--terms", required=True)
    arguments.add_argument("--messages", required=True)
    arguments = arguments.parse_args()

    automaton = ahocorasick.Automaton()
    with open(arguments.terms, encoding="utf-8") as file:
        for term in filter(None, file.read().split("\n")):
            automaton.add_word(term, len(term))
    automaton.make_automaton()
    with open(arguments.messages, encoding="utf-8") as file:
        messages = [json.loads(line) for line in file]
    texts = [message["text"] for message in messages]

    for text in texts[: len(texts) // 10]:
        find(automaton, text)
    begun = time.perf_counter_ns()
    findings = [find(automaton, text) for text in texts]
    took = time.perf_counter_ns() - begun

    flagged = [message["id"] for message, found in zip(messages, findings) if found]
    print(
        json.dumps(
            {
                "version": importlib.metadata.version("pyahocorasick"),
                "messages": len(messages),
                "ns_per_message": took / len(messages),
                "flagged": flagged,
            }
        )
    )


def find(automaton, text):
    """Spans in characters, as Python counts."""
    return [(end + 1 - length, end + 1) for end, length in automaton.iter(text)]


main()
