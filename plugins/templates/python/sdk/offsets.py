"""Spans are in bytes of UTF-8, Python counts characters: 中 has 3 bytes, 🎉 has 4."""


class Offsets:
    """Places of one text, in bytes and in characters.

    Where the last question left off the next one goes on, so that places in order cost one pass.
    """

    def __init__(self, text):
        self._text = text
        self._bytes = text.encode()
        self._byte = 0
        self._index = 0

    def index(self, byte):
        """The character at a byte; the end for one that is behind it."""
        byte = min(byte, len(self._bytes))
        low, high = sorted((byte, self._byte))
        characters = len(self._bytes[low:high].decode())
        self._index += characters if byte > self._byte else -characters
        self._byte = byte
        return self._index

    def byte(self, index):
        """The byte at a character; the end for one that is behind it."""
        index = min(index, len(self._text))
        low, high = sorted((index, self._index))
        count = len(self._text[low:high].encode())
        self._byte += count if index > self._index else -count
        self._index = index
        return self._byte
