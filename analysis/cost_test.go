package analysis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/twin"
)

// work is what a check logs of itself: packages that it type-checked, those whose
// functions it followed, and those of which it read the declarations for importers.
type work struct{ Packages, Followed, Imports int }

// An edit costs the edited package and those that build workflows on what it
// declares, however many others there are.
func TestCostGrowsWithWhatAnEditConcerns(t *testing.T) {
	t.Parallel()
	ws, err := twin.Medium(t.TempDir(), repo())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o := options(ws.Dir)
	o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	cost := func(file, old, typed string) work {
		t.Helper()
		if file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(text, []byte(old)) {
				t.Fatalf("%q does not stand in %s", old, file)
			}
			w.SetFile(file, bytes.Replace(text, []byte(old), []byte(typed), 1))
		}
		log.Reset()
		if _, err := w.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		var done work
		for line := range bytes.Lines(log.Bytes()) {
			var entry struct {
				Msg string
				work
			}
			if err := json.Unmarshal(line, &entry); err != nil {
				t.Fatal(err)
			}
			if entry.Msg == "checked" {
				done = entry.work
			}
		}
		return done
	}
	// Of 100 packages. Those between import one that uses the model, and are imported by
	// one that builds workflows.
	const builders, models, between = 20, 2, 41
	inUse, leaf := filepath.Join(ws.Dir, "p002", "a.go"), filepath.Join(ws.Dir, "p099", "a.go")
	for _, step := range []struct {
		name, file, old, typed string
		want                   work
	}{
		{"the first check", "", "", "", work{Packages: builders + models, Followed: builders + models}},
		{"nothing", "", "", "", work{}},
		{"a workflow's parameter", ws.Flow, twin.ParamMark, "\"x" + twin.ParamMark[1:], work{Packages: 1, Followed: 1}},
		{"a body in a package that builders import", inUse, "+= weight\n", "-= weight\n", work{}},
		{"a declaration that no builder can see", leaf, "package p099\n", "package p099\n\nconst Added = 1\n", work{}},
		{"a model's field", ws.ModelFile, twin.FieldMark, "X" + twin.FieldMark, work{Packages: builders + 1, Followed: builders + 1, Imports: between}},
	} {
		if got := cost(step.file, step.old, step.typed); got != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
		}
	}
}
