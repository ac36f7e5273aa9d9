"""Verifies a log that `foreign` wrote, by aics-tlog of PyPI: other people's code."""

import base64
import sys
from pathlib import Path

import aics_tlog as tlog

folder = Path(sys.argv[1])


def read(name):
    return (folder / name).read_text()


def path(name):
    return [base64.b64decode(line) for line in read(name).split()]


log, witness = tlog.parse_vkey(read("log.vkey")), tlog.parse_vkey(read("witness.vkey"))
policy = tlog.WitnessPolicy(quorum=1, witnesses=(witness,))


def head(name):
    result = tlog.verify_checkpoint(tlog.parse_note(read(name)), log, policy=policy, expected_origin=log.name)
    assert result.ok and result.cosignature_count == 1, result
    return result.size, result.root


(size, root), (old, old_root) = head("checkpoint"), head("checkpoint.old")
# Every tile and every bundle against the root.
tiles = tlog.FileSystemTileReader(folder)
audit = tlog.verified.audit_tiles(tiles, size, root)
for index in (0, 1, size // 2, size - 1):
    proof = path(f"inclusion/{index}")
    leaf = tlog.read_entry(tiles, index, size)
    assert tlog.verify_leaf_inclusion(leaf, index, size, proof, root)
    assert tlog.inclusion_proof_from_tiles(tiles, index, size) == proof
proof = path("consistency")
assert tlog.verify_consistency(old, size, old_root, root, proof)
assert tlog.consistency_proof_from_tiles(tiles, old, size) == proof
proof[0] = bytes([proof[0][0] ^ 1]) + proof[0][1:]
assert not tlog.verify_consistency(old, size, old_root, root, proof), "an altered proof passes"
print(
    f"aics-tlog: checkpoints of {old} and {size} leaves with a witness, {audit.tiles} tiles, {audit.bundles} bundles, "
    "4 inclusion proofs, 1 consistency proof hold"
)
