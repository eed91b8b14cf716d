package analysis

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A store keeps what is slow to find out in files, by the hash of all that it depends
// on: an entry is right or absent, never old. Processes share it: entries are written
// whole and renamed into place. Nothing fails without it; the zero store keeps nothing.
type store struct{ dir string }

const (
	// storeVersion is part of each key: another form of the entries is another store.
	storeVersion = "2"
	// storeLimit bounds a store, in bytes. What was not used for longest goes first.
	storeLimit = 256 << 20
	// storeTidy is how often a store is brought below its limit.
	storeTidy = 24 * time.Hour
)

// CacheDir is where results are kept between runs: the folder that DATAFLOW_CACHE
// names, else one in the user's cache folder. It is "" when DATAFLOW_CACHE is "off"
// or there is no such folder: nothing is kept then.
func CacheDir() string {
	switch dir := os.Getenv("DATAFLOW_CACHE"); dir {
	case "off":
		return ""
	case "":
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(user, "dataflow")
	default:
		return dir
	}
}

// keyOf hashes what an entry of a kind depends on.
func keyOf(kind string, parts ...[]byte) hash {
	h := sha256.New()
	for _, p := range append([][]byte{[]byte(storeVersion), []byte(kind)}, parts...) {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	var k hash
	h.Sum(k[:0])
	return k
}

func (s store) path(key hash) string {
	name := hex.EncodeToString(key[:])
	return filepath.Join(s.dir, name[:2], name)
}

// get reads the entry of a key into v, and reports whether there is one.
func (s store) get(key hash, v any) bool {
	if s.dir == "" {
		return false
	}
	data, err := os.ReadFile(s.path(key))
	if err != nil || len(data) < sha256.Size {
		return false
	}
	// A machine that went down while it wrote may leave half of an entry.
	if sum := sha256.Sum256(data[sha256.Size:]); !bytes.Equal(sum[:], data[:sha256.Size]) {
		return false
	}
	if gob.NewDecoder(bytes.NewReader(data[sha256.Size:])).Decode(v) != nil {
		return false
	}
	if info, err := os.Stat(s.path(key)); err == nil && time.Since(info.ModTime()) > time.Hour {
		now := time.Now()
		_ = os.Chtimes(s.path(key), now, now) // it was used: only its age suffers when this fails
	}
	return true
}

// put keeps v under a key. When it cannot be written, nothing is kept.
func (s store) put(key hash, v any) {
	if s.dir == "" {
		return
	}
	var body bytes.Buffer
	if gob.NewEncoder(&body).Encode(v) != nil {
		return
	}
	path := s.path(key)
	if os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), "new-")
	if err != nil {
		return
	}
	sum := sha256.Sum256(body.Bytes())
	_, err = f.Write(append(sum[:], body.Bytes()...))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // nothing else can be done about it
	}
}

// tidy removes the entries that were not used for longest until the store is within
// its limit, at most once in storeTidy.
func (s store) tidy(limit int64) {
	if s.dir == "" {
		return
	}
	mark := filepath.Join(s.dir, "tidied")
	if info, err := os.Stat(mark); err == nil && time.Since(info.ModTime()) < storeTidy {
		return
	}
	if os.MkdirAll(s.dir, 0o755) != nil || os.WriteFile(mark, nil, 0o644) != nil {
		return
	}
	type entry struct {
		path string
		used time.Time
		size int64
	}
	var entries []entry
	total := int64(0)
	folders, _ := filepath.Glob(filepath.Join(s.dir, "??")) // a fixed pattern is never malformed
	for _, folder := range folders {
		files, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, f := range files {
			if info, err := f.Info(); err == nil && info.Mode().IsRegular() {
				entries = append(entries, entry{filepath.Join(folder, f.Name()), info.ModTime(), info.Size()})
				total += info.Size()
			}
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		if total <= limit {
			return
		}
		if os.Remove(e.path) == nil {
			total -= e.size
		}
	}
}
