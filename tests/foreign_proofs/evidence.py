"""Verifies an export of an archive without anything of Proviso: the standard library of Python 3.11, and `openssl` for the signature.

    python3 evidence.py FOLDER

It checks what docs/evidence.md says under "What shows what", 1 to 3 and 5, down to the sealed bytes. It does not open them.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])


def read(path):
    return (root / path).read_bytes()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def of_leaf(data):
    return sha(b"\0", data)


def of_node(left, right):
    return sha(b"\1", left, right)


def entry(kind, fields):
    out = bytes([1, len(kind)]) + kind.encode() + struct.pack(">H", len(fields))
    for name, value in sorted(fields.items()):
        if isinstance(value, int):
            code, value = 3, struct.pack(">q", value)
        elif isinstance(value, str):
            code, value = 1, value.encode()
        else:
            code = 2
        out += bytes([len(name)]) + name.encode() + bytes([code]) + struct.pack(">I", len(value)) + value
    return out


def commitment(salt, data):
    return sha(b"proviso entry commitment v1\n", salt, data)


def salt_of(key):
    # HKDF-Expand of RFC 5869 with SHA-256: one block is enough for 16 bytes.
    return hmac.new(key, b"proviso/log-salt/1\x01", hashlib.sha256).digest()[:16]


def climb(start, end, known, hashes):
    """The root over the leaves [start, end): those that are known, and hashes for sides without any."""
    here = [(index, leaf) for index, leaf in known if start <= index < end]
    if not here:
        return next(hashes)
    if end - start == 1:
        return here[0][1]
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    left = climb(start, middle, here, hashes)
    return of_node(left, climb(middle, end, here, hashes))


def rooted(size, known, hashes):
    hashes = iter(hashes)
    found = climb(0, size, sorted(known), hashes)
    assert next(hashes, None) is None, "a hash is left"
    return found


# 1. Every member is what the manifest lists.
manifest_bytes = read("manifest.json")
manifest = json.loads(manifest_bytes)
listed = set()
for member in manifest["members"]:
    data = read(member["path"])
    assert len(data) == member["bytes"] and hashlib.sha256(data).hexdigest() == member["sha256"], member["path"]
    listed.add(member["path"])
others = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} - listed - {"manifest.json"}
assert all(path.startswith("proof/") for path in others), others

# 2. The log has an entry with the manifest's digest.
places = {}


def told(line):
    places.setdefault(line["leaf"], {})[line["place"]] = commitment(bytes.fromhex(line["salt"]), base64.b64decode(line["entry"]))


exported = json.loads(read("proof/exported.json"))
told(exported)
assert hashlib.sha256(manifest_bytes).digest() in base64.b64decode(exported["entry"])

# 3. Each message's entry is made of its sealed bytes, under the salt that its key gives.
messages = 0
for path in sorted(path for path in listed if path.startswith("seals/")):
    for line in read(path).decode().splitlines():
        seal = json.loads(line)
        messages += 1
        if manifest["masked"]:
            at = seal["at"]
            if at:
                places.setdefault(at["leaf"], {})[at["place"]] = bytes.fromhex(at["commitment"])
            continue
        judged = seal["judged"]
        assert sha(base64.b64decode(seal["content"])).hex() == judged["content"]
        if not seal["told"]:
            assert sha(base64.b64decode(seal["judgement"])).hex() == judged["verdict"]
        fields = {name: bytes.fromhex(judged[name]) for name in ("content", "envelope", "standing", "tag", "verdict")}
        data = entry("judged", {**fields, "message": seal["number"]})
        places.setdefault(judged["leaf"], {})[judged["place"]] = commitment(salt_of(base64.b64decode(seal["key"])), data)
        for line in seal["told"]:
            told(line)

# All of it leads to the root of the checkpoint.
leaves = []
for path in sorted(root.glob("proof/leaves-*.jsonl")):
    for line in path.read_text().splitlines():
        leaf = json.loads(line)
        data = bytes.fromhex(leaf["leaf"])
        entries, expected = struct.unpack(">I", data[9:13])[0], data[13:]
        known = [(place, of_leaf(hash)) for place, hash in places.pop(leaf["index"]).items()]
        assert rooted(entries, known, [bytes.fromhex(hash) for hash in leaf["path"]]) == expected, leaf["index"]
        leaves.append((leaf["index"], of_leaf(data)))
assert not places
text, _, signature = read("proof/checkpoint").decode().rpartition("\n\n")
text += "\n"
origin, size, top = text.splitlines()[:3]
tree = [bytes.fromhex(line) for line in read("proof/tree").decode().splitlines()]
assert rooted(int(size), leaves, tree) == base64.b64decode(top)

# The log's key signed the checkpoint (C2SP signed-note, Ed25519).
name, _, key = read("proof/key").decode().strip().split("+", 2)
public = base64.b64decode(key)[1:]
assert name == origin == manifest["log"]
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "text").write_text(text)
    (folder / "signature").write_bytes(base64.b64decode(signature.split()[2])[4:])
    # The beginning of an Ed25519 key as X.509 has it (RFC 8410).
    (folder / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + public)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    files = ["-inkey", folder / "key", "-in", folder / "text", "-sigfile", folder / "signature"]
    subprocess.run(command + files, check=True, stdout=subprocess.DEVNULL)
print(f"export {manifest['number']} of {origin}: {messages} messages in {len(leaves)} leaves lead to the root of {size}, which is signed")
