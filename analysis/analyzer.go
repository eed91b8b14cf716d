package analysis

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	goanalysis "golang.org/x/tools/go/analysis"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Analyzer reports the mistakes in models and workflows in any driver of
// golang.org/x/tools/go/analysis: go vet, golangci-lint, a multichecker.
//
// Such a driver shows one package at a time, and what those that it imports tell.
// What only the whole workspace can tell stays unsaid here: a node type that no model
// in sight has, and what a workflow lacks that an exported function returns, since
// another package may build on it. `dataflow validate` and the language server see
// the whole. Of all findings, errors and warnings are reported; the driver's category
// is the DF code.
//
// The flags are -off, codes that are not reported; -strict, which adds strict mode's;
// and -whole, which says that no package builds on what another's functions return.
// dataflow.yaml is not read: drivers keep results and would not see it change.
var Analyzer = newAnalyzer()

const analyzerDoc = `report mistakes in DataFlow models and workflows

Node types, ids, outputs and parameters of a workflow are strings, which the compiler
does not check. This analyzer does: unknown parameters and fields, values of the wrong
type, connections that do not fit, models that make no table, and so on. Each finding
has a code that ` + "`dataflow explain`" + ` explains.`

func newAnalyzer() *goanalysis.Analyzer {
	s := &settings{}
	a := &goanalysis.Analyzer{
		Name: "dataflow", Doc: analyzerDoc, URL: "https://dataflow-go.dev/",
		Run: s.run, FactTypes: []goanalysis.Fact{new(packageFact)},
	}
	a.Flags.Init("dataflow", flag.ContinueOnError)
	a.Flags.Func("off", "codes that are not reported, parted by commas: DF-207,DF-115", s.setOff)
	a.Flags.BoolVar(&s.strict, "strict", false, "report strict mode's codes too (DF-901 and following)")
	a.Flags.BoolVar(&s.whole, "whole", false, "no package builds on a workflow that another package's function returns")
	return a
}

// settings are the analyzer's flags.
type settings struct {
	off           []errcatalog.Code
	strict, whole bool
}

func (s *settings) setOff(list string) error {
	s.off = nil
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		code, ok := errcatalog.Parse(text)
		if !ok {
			return fmt.Errorf("there is no code %q", text)
		}
		s.off = append(s.off, code)
	}
	return nil
}

// run analyses one package. Packages that do not compile are the compiler's to
// report: without RunDespiteErrors no driver comes here with one.
func (s *settings) run(pass *goanalysis.Pass) (any, error) {
	known := knownPackages(pass)
	meta, own := metadataOf(pass.Pkg, known)
	if len(own.Imports) == 0 {
		return nil, nil
	}
	u := &unit{meta: own, pkg: pass.Pkg, info: pass.TypesInfo}
	kept := map[*ast.FuncDecl]*source{}
	for _, f := range pass.Files {
		tok := pass.Fset.File(f.FileStart)
		src, err := pass.ReadFile(tok.Name())
		if err != nil {
			return nil, err
		}
		if len(src) != tok.Size() {
			return nil, fmt.Errorf("%s was changed while it was checked", tok.Name())
		}
		s := newSource(tok.Name(), src, f, tok)
		u.files = append(u.files, s)
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				kept[fd] = s
			}
		}
	}
	u.names = matteringNames(u.files, takersOf(u.files, known))
	u.index(kept)
	u.read(pass.Fset)
	made := extract(u, alone{meta}, nil)
	p := finish(made, s.world(made, meta, known), false)
	found := p.Diagnostics
	if s.strict {
		found = sortDiagnostics(slices.Concat(found, p.Strict))
	}
	for _, d := range found {
		if s.reports(d) {
			u.report(pass, d)
		}
	}
	if own.Name != "main" { // which nobody imports
		pass.ExportPackageFact(factOf(u, known))
	}
	return nil, nil
}

// world is what is in sight from one package: itself, and the models of those that
// it imports. There may always be more.
func (s *settings) world(made *extraction, meta *metadata, known map[string]knownPackage) *world {
	foreign := []*declared{}
	for path, k := range known {
		for _, m := range k.Models {
			foreign = append(foreign, &declared{model: &m.Model, path: path, unsure: m.Unsure, test: m.Test})
		}
	}
	u := made.unit
	w := newWorld(meta, map[string]*unit{u.meta.PkgPath: u}, map[string]*extraction{u.meta.PkgPath: made}, foreign)
	w.closed = false
	w.importers = !s.whole && u.meta.Name != "main"
	w.unknown = w.unknown || !s.whole
	return w
}

// reports says whether a finding is an error or a warning that is not off.
func (s *settings) reports(d Diagnostic) bool {
	severity := d.Severity
	if entry, ok := errcatalog.Lookup(d.Code); ok && severity == errcatalog.SeverityDefault {
		severity = entry.Severity
	}
	return severity <= errcatalog.SeverityWarning && !slices.Contains(s.off, d.Code)
}

// takersOf are the functions that take a workflow, of the files and of what they import.
func takersOf(files []*source, known map[string]knownPackage) []string {
	var names []string
	for _, f := range files {
		names = append(names, f.takers...)
	}
	for _, k := range known {
		names = append(names, k.Takers...)
	}
	return names
}

// report hands a finding to the driver, with the fix that is sure, if there is one:
// drivers apply what they are offered, and stumble over a choice.
func (u *unit) report(pass *goanalysis.Pass, d Diagnostic) {
	f := u.file(d.File)
	if f == nil {
		return
	}
	out := goanalysis.Diagnostic{
		Pos: f.pos(d.Span.Start), End: f.pos(d.Span.End),
		Category: string(d.Code), URL: d.Code.DocsURL(),
		Message: fmt.Sprintf("%s %s", d.Code, d.Message),
	}
	for _, rel := range d.Related {
		if at := u.file(rel.Span.Start.Filename); at != nil {
			out.Related = append(out.Related, goanalysis.RelatedInformation{Pos: at.pos(rel.Span.Start), End: at.pos(rel.Span.End), Message: rel.Message})
		} else { // the driver's files do not hold the place
			out.Message += fmt.Sprintf(" (%s: %s:%d)", rel.Message, filepath.Base(rel.Span.Start.Filename), rel.Span.Start.Line)
		}
	}
	for _, fix := range d.Fixes {
		if edits, ok := u.textEdits(f, fix); ok && fix.Preferred && out.SuggestedFixes == nil {
			out.SuggestedFixes = []goanalysis.SuggestedFix{{Message: fix.Title, TextEdits: edits}}
		}
	}
	pass.Report(out)
}

// textEdits are a fix's edits for a driver; not ok where one is in another package's
// file, or in one that a program wrote: cgo's output stands for the file that it came
// from, but has other offsets.
func (u *unit) textEdits(f *source, fix errcatalog.Fix) (edits []goanalysis.TextEdit, ok bool) {
	for _, e := range fix.Edits {
		in := f
		if name := e.Span.Start.Filename; name != "" {
			in = u.file(name)
		}
		if in == nil || isGenerated(in.src) {
			return nil, false
		}
		edits = append(edits, goanalysis.TextEdit{Pos: in.pos(e.Span.Start), End: in.pos(e.Span.End), NewText: []byte(e.New)})
	}
	return edits, true
}

// pos is a position of the file as the file set has it.
func (s *source) pos(p token.Position) token.Pos {
	return token.Pos(s.tok.Base() + max(0, min(p.Offset, s.tok.Size())))
}

func isExternalTest(pkg *types.Package) bool {
	return strings.HasSuffix(pkg.Name(), "_test") && strings.HasSuffix(pkg.Path(), "_test")
}
