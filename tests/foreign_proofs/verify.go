// Verifies a log that `foreign` wrote, by golang.org/x/mod/sumdb/note and tlog: other people's code.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var folder = os.Args[1]

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func read(name string) []byte { return must(os.ReadFile(filepath.Join(folder, name))) }

// tiles reads hash tiles of height 8. Go's paths have the height before the level, C2SP's do not.
type tiles struct{ count int }

func (*tiles) Height() int                          { return 8 }
func (*tiles) SaveTiles([]tlog.Tile, [][]byte)      {}
func (t *tiles) ReadTiles(all []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range all {
		t.count++
		data = append(data, read("tile/"+strings.TrimPrefix(tile.Path(), "tile/8/")))
	}
	return data, nil
}

func head(name string) (int64, tlog.Hash) {
	verifier := must(note.NewVerifier(string(read("log.vkey"))))
	opened := must(note.Open(read(name), note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	size := must(strconv.ParseInt(lines[1], 10, 64))
	return size, must(tlog.ParseHash(lines[2]))
}

func path(name string) (hashes []tlog.Hash) {
	for _, line := range strings.Fields(string(read(name))) {
		var hash tlog.Hash
		copy(hash[:], must(base64.StdEncoding.DecodeString(line)))
		hashes = append(hashes, hash)
	}
	return hashes
}

func main() {
	size, root := head("checkpoint")
	old, oldRoot := head("checkpoint.old")
	storage := &tiles{}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, storage)
	leaves := int64(0)
	for first := int64(0); first < size; first += 256 {
		width := min(256, int(size-first))
		path := strings.TrimPrefix(tlog.Tile{H: 8, L: 0, N: first / 256, W: width}.Path(), "tile/8/0/")
		bundle := read("tile/entries/" + path)
		for at := first; at < first+int64(width); at++ {
			length := int(binary.BigEndian.Uint16(bundle))
			hash := tlog.RecordHash(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			stored := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, at)}))
			if stored[0] != hash {
				panic(fmt.Sprintf("leaf %d is not that of its tile", at))
			}
			leaves++
		}
		if len(bundle) != 0 {
			panic("bytes behind a bundle")
		}
	}
	for _, at := range []int64{0, 1, size / 2, size - 1} {
		hash := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, at)}))[0]
		proof := path(fmt.Sprintf("inclusion/%d", at))
		if err := tlog.CheckRecord(proof, size, root, at, hash); err != nil {
			panic(err)
		}
		own := must(tlog.ProveRecord(size, at, reader))
		if fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(proof)) {
			panic("another proof than Go makes")
		}
	}
	proof := path("consistency")
	if err := tlog.CheckTree(proof, size, root, old, oldRoot); err != nil {
		panic(err)
	}
	proof[0][0] ^= 1
	if tlog.CheckTree(proof, size, root, old, oldRoot) == nil {
		panic("an altered proof passes")
	}
	fmt.Printf("golang.org/x/mod/sumdb: checkpoints of %d and %d leaves, %d leaves, %d tiles read, 4 inclusion proofs, 1 consistency proof hold\n", old, size, leaves, storage.count)
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
