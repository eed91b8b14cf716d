package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// What go vet reports of one package at a time, whoever looks at the whole workspace
// reports too: it never says what it cannot know.
func TestVetSaysNothingThatTheWorkspaceDoesNot(t *testing.T) {
	t.Parallel()
	said := 0
	for name, archive := range archives(t) {
		dir := extract(t, archive)
		whole := workspace(t, dir)
		_, output, _ := vet(t, dir, "-json", "./...")
		for _, finding := range vetJSON(t, dir, output) {
			said++
			// That no model has such an operation is certain; that a model of the name
			// has others is for those who see it.
			place, _, operation := strings.Cut(finding, " DF-701 ")
			sameMistake := func(f string) bool { return operation && strings.HasPrefix(f, place+" DF-711 ") }
			if !slices.Contains(whole, finding) && !slices.ContainsFunc(whole, sameMistake) {
				t.Errorf("%s: go vet alone reports %s", name, finding)
			}
		}
	}
	if said < 150 {
		t.Errorf("go vet reports %d findings in all: the test sees too little", said)
	}
}

// archives are those of the analyser's tests; those of single codes are packages of
// one module.
func archives(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("../../analysis/testdata/*.txtar")
	codes, err2 := filepath.Glob("../../analysis/testdata/codes/*.txtar")
	if err != nil || err2 != nil || len(files) == 0 || len(codes) == 0 {
		t.Fatalf("no archives: %v %v", err, err2)
	}
	all := map[string]*txtar.Archive{"codes": {}}
	for _, file := range slices.Concat(files, codes) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !slices.Contains(codes, file) {
			all[name] = archive
			continue
		}
		folder := strings.ToLower(strings.ReplaceAll(name, "-", ""))
		for _, f := range archive.Files {
			if !strings.HasPrefix(f.Name, "fixed/") {
				all["codes"].Files = append(all["codes"].Files, txtar.File{Name: folder + "/" + f.Name, Data: f.Data})
			}
		}
	}
	return all
}

// Nothing is reported of programs that are right, even with all that -whole adds.
func TestVetIsQuietOnTheCorpus(t *testing.T) {
	t.Parallel()
	if _, output, failed := vet(t, "../../examples/corpus", "-dataflow.whole", "./..."); failed || output != "" {
		t.Error(output)
	}
}

// extract writes an archive of the analyser's tests to a folder that is a module
// using this repository.
func extract(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	const path = "github.com/dataflow-go/dataflow"
	files := map[string]string{
		"go.mod": strings.Replace(read(t, "../../go.mod"), "module "+path, "module example.com/shop", 1) +
			"\nrequire " + path + " v0.0.0\n\nreplace " + path + " => " + repo + "\n",
		"go.sum": read(t, "../../go.sum"),
	}
	for _, f := range archive.Files {
		if f.Name != "graph.txt" && !strings.HasPrefix(f.Name, "fixed/") {
			files[f.Name] = string(f.Data)
		}
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// workspace lists what is found in the whole as "file:line code message".
func workspace(t *testing.T, dir string) []string {
	t.Helper()
	packages, err := analysis.Load(t.Context(), analysis.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range packages {
		for _, d := range p.Diagnostics {
			rel, err := filepath.Rel(dir, d.File)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s:%d %s %s", filepath.ToSlash(rel), d.Span.Start.Line, d.Code, d.Message))
		}
	}
	return all
}

// elsewhere is what the driver's message tells of places that the driver cannot show.
var elsewhere = regexp.MustCompile(` \([^()]*: [\w.]+\.go:\d+\)$`)

// vetJSON lists what go vet -json reports, in the same form.
func vetJSON(t *testing.T, dir, output string) []string {
	t.Helper()
	var all []string
	dec := json.NewDecoder(strings.NewReader(regexp.MustCompile(`(?m)^(#|vet:|[\w./]+:\d+:).*$`).ReplaceAllString(output, "")))
	for dec.More() {
		var tree map[string]map[string]json.RawMessage
		if err := dec.Decode(&tree); err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		for _, analyzers := range tree {
			var found []struct{ Category, Posn, Message string }
			if err := json.Unmarshal(analyzers["dataflow"], &found); err != nil {
				continue // {"error": …}: the package does not compile
			}
			for _, f := range found {
				place := regexp.MustCompile(`^(.*):(\d+):\d+$`).FindStringSubmatch(f.Posn)
				rel, err := filepath.Rel(dir, place[1])
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := errcatalog.Parse(f.Category); !ok {
					t.Errorf("category %q", f.Category)
				}
				all = append(all, fmt.Sprintf("%s:%s %s", filepath.ToSlash(rel), place[2], elsewhere.ReplaceAllString(f.Message, "")))
			}
		}
	}
	return all
}
