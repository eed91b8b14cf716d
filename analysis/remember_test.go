package analysis_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/analysis"
)

// A session opens a workspace again and again with one cache, as an editor does that
// is closed and opened.
type session struct {
	t     *testing.T
	dir   string
	cache string
}

func newSession(t *testing.T, parts ...string) *session {
	t.Helper()
	_, dir := workspace(t, parts...)
	s := &session{t: t, dir: dir, cache: t.TempDir()}
	s.age()
	return s
}

// age makes all files older than the clock's grain: what was written just now is not
// kept.
func (s *session) age() {
	s.t.Helper()
	old := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, old, old)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// open reports whether the go command was asked.
func (s *session) open() (w *analysis.Workspace, asked bool) {
	s.t.Helper()
	o := options(s.dir)
	o.CacheDir = s.cache
	o.Progress = func(string) { asked = true }
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	return w, asked
}

func (s *session) write(name, from, to string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	text := ""
	if from != "" {
		if text = read(s.t, path); !strings.Contains(text, from) {
			s.t.Fatalf("%q does not stand in %s", from, name)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, from, to, 1)), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func TestTheNextOpenNeedsNoGoCommand(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow)
	if _, asked := s.open(); !asked {
		t.Fatal("the first open asked nobody")
	}
	w, asked := s.open()
	if asked {
		t.Error("the second open asked again")
	}
	wantCodes(t, s.dir, check(t, w))
	if changed, err := w.Confirm(context.Background()); err != nil || changed {
		t.Errorf("nothing changed, but Confirm says %v %v", changed, err)
	}
}

func TestAFileEditedBetweenSessionsCounts(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow)
	s.open()
	s.write("models/models.go", "Email string", "Mail string")
	w, asked := s.open()
	if asked {
		t.Error("a field was renamed, and the go command asked for it")
	}
	// The export data that was kept still has the field.
	wantCodes(t, s.dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestWhatTheGoCommandMustSeeIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *session){
		"import":     func(s *session) { s.write("flows/flows.go", "import ", "import _ \"fmt\"\nimport ") },
		"new file":   func(s *session) { s.write("flows/more.go", "", "package flows\n") },
		"package":    func(s *session) { s.write("models/models.go", "package models", "package others") },
		"constraint": func(s *session) { s.write("flows/flows.go", "package", "//go:build linux\n\npackage") },
		"go.mod":     func(s *session) { s.write("go.mod", "require", "// new\nrequire") },
		"deleted": func(s *session) {
			if err := os.Remove(filepath.Join(s.dir, "flows", "flows.go")); err != nil {
				s.t.Fatal(err)
			}
		},
		"new folder": func(s *session) {
			if err := os.Mkdir(filepath.Join(s.dir, "new"), 0o755); err != nil {
				s.t.Fatal(err)
			}
			s.write("new/new.go", "", "package new\n")
		},
		"broken cache": func(s *session) {
			err := filepath.WalkDir(s.cache, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				return os.Truncate(path, 100)
			})
			if err != nil {
				s.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, shopModels, shopFlow)
			s.open()
			change(s)
			if _, asked := s.open(); !asked {
				t.Error("what was kept served on")
			}
		})
	}
}

// Confirm is what finds out about all that the key of the cache does not know.
func TestConfirmFindsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow)
	s.open()
	w, _ := s.open()
	s.write("flows/more.go", "", "package flows\n\nimport \"github.com/dataflow-go/dataflow\"\n\nfunc More() *dataflow.Workflow {\n\treturn dataflow.NewWorkflow(\"more\").AddNode(\"UserReedNode\", \"read\", nil)\n}\n")
	changed, err := w.Confirm(context.Background())
	if err != nil || !changed {
		t.Fatalf("Confirm says %v %v", changed, err)
	}
	wantCodes(t, s.dir, check(t, w), "flows/more.go:6 DF-711")
}

func TestSessionsShareACache(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			w, _ := s.open()
			if pkgs, err := w.Check(context.Background()); err != nil || len(pkgs) != 2 {
				t.Errorf("%d packages, %v", len(pkgs), err)
			}
		})
	}
	group.Wait()
	if _, asked := s.open(); asked {
		t.Error("nothing was kept")
	}
}
