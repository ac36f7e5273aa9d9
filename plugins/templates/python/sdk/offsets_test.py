"""`python3 -m unittest discover sdk "*_test.py"` runs these."""

import unittest

from offsets import Offsets


class OffsetsTest(unittest.TestCase):
    def test_bytes_and_characters_agree_at_every_border_in_any_order(self):
        text = "aé中🎉ｗ𝟘z"
        borders = [(len(text[:index].encode()), index) for index in range(len(text) + 1)]
        offsets = Offsets(text)
        for byte, index in borders:
            for other_byte, other_index in borders:
                self.assertEqual(offsets.index(byte), index)
                self.assertEqual(offsets.byte(other_index), other_byte)

    def test_what_is_behind_the_end_is_the_end(self):
        self.assertEqual(Offsets("中").index(99), 1)
        self.assertEqual(Offsets("中").byte(99), 3)


if __name__ == "__main__":
    unittest.main()
