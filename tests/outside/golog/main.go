// Reads a log served over HTTP with nothing of ours: Go's own sumdb/note and sumdb/tlog, the code behind
// sum.golang.org. It fetches checkpoint, proofs and tiles and checks that they agree with one another.
//
// usage: golog BASE-URL VKEY OLD-CHECKPOINT-FILE INDEX
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Println("FAILED", what, err)
		os.Exit(1)
	}
}

func get(url string) []byte {
	answer, err := http.Get(url)
	check(err, url)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err, url)
	if answer.StatusCode != 200 {
		check(fmt.Errorf("status %d: %s", answer.StatusCode, body), url)
	}
	return body
}

func open(signed []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err, "signature of the checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		check(fmt.Errorf("%q", lines[0]), "origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	root, err := tlog.ParseHash(lines[2])
	check(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

func hashes(list []string) (found []tlog.Hash) {
	for _, text := range list {
		hash, err := tlog.ParseHash(text)
		check(err, "hash")
		found = append(found, hash)
	}
	return
}

// reader serves Go's tile reader from C2SP tile paths (tile/L/N instead of tile/8/L/N).
type reader struct{ base string }

func (r reader) Height() int                            { return 8 }
func (r reader) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}
func (r reader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		data = append(data, get(r.base+"/"+path))
	}
	return
}

func main() {
	base, index := os.Args[1], os.Args[4]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "verifier key")
	old, err := os.ReadFile(os.Args[3])
	check(err, "old checkpoint")
	before, now := open(old, verifier), open(get(base+"/checkpoint"), verifier)

	var inclusion struct {
		Leaf, Root string
		Proof      []string
	}
	url := fmt.Sprintf("%s/proof/inclusion?index=%s&size=%d", base, index, now.N)
	check(json.Unmarshal(get(url), &inclusion), "inclusion answer")
	leaf, err := base64.StdEncoding.DecodeString(inclusion.Leaf)
	check(err, "leaf")
	at, _ := strconv.ParseInt(index, 10, 64)
	check(tlog.CheckRecord(hashes(inclusion.Proof), now.N, now.Hash, at, tlog.RecordHash(leaf)), "inclusion")
	leaf[0] ^= 1
	if tlog.CheckRecord(hashes(inclusion.Proof), now.N, now.Hash, at, tlog.RecordHash(leaf)) == nil {
		check(fmt.Errorf("accepted"), "a changed leaf")
	}

	var consistency struct{ Proof []string }
	url = fmt.Sprintf("%s/proof/consistency?from=%d&to=%d", base, before.N, now.N)
	check(json.Unmarshal(get(url), &consistency), "consistency answer")
	check(tlog.CheckTree(hashes(consistency.Proof), now.N, now.Hash, before.N, before.Hash), "consistency")

	// The same out of tiles alone, as a monitor would do it; the reader checks every tile against the root.
	tiles := tlog.TileHashReader(now, reader{base})
	leaf[0] ^= 1
	found, err := tiles.ReadHashes([]int64{tlog.StoredHashIndex(0, at)})
	check(err, "tiles")
	if found[0] != tlog.RecordHash(leaf) {
		check(fmt.Errorf("another hash"), "the leaf in its tile")
	}
	proof, err := tlog.ProveTree(now.N, before.N, tiles)
	check(err, "proof from tiles")
	check(tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash), "consistency from tiles")
	fmt.Println("verified", before.N, now.N)
}
