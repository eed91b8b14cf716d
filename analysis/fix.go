package analysis

import (
	"bytes"
	"context"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A site is a finding with the syntax that it is about.
type site struct {
	u     *unit
	draft *draft
	f     graph.Finding
	file  *source       // of the finding
	call  *ast.CallExpr // the AddNode at fault, or nil
	args  *source       // the file of call
	model *model.Model  // of the node at fault, or nil

	models graph.Models
	w      *world
	budget *int // bytes that may still be formatted
}

// A splice replaces the bytes from start to end.
type splice struct {
	start, end int
	text       string
}

// formatBudget is how many bytes of code are formatted at most to make the fixes
// of one package: a declaration with thousands of mistakes is still answered at once.
// Later fixes are right, too, but may leave an alignment to gofmt.
const formatBudget = 1 << 20

// pending is a finding whose fixes are made when they are asked for.
type pending struct {
	u *unit
	located
}

// FillFixes makes the fixes of diagnostics that LazyFixes left without. It reports
// false when the workspace has gone on since they were found: then nothing is changed.
func (w *Workspace) FillFixes(ctx context.Context, all []Diagnostic) (bool, error) {
	if !slices.ContainsFunc(all, func(d Diagnostic) bool { return d.pending != nil }) {
		return true, nil
	}
	if err := w.acquire(ctx); err != nil {
		return false, err
	}
	defer w.release()
	for _, d := range all {
		if d.pending != nil && !w.holdsStill(d.pending.u) {
			return false, nil
		}
	}
	budget := formatBudget
	for i := range all {
		d := &all[i]
		if d.pending == nil {
			continue
		}
		r := w.results[d.pending.u.meta.PkgPath]
		if r.made.unit.resting {
			w.again(d.pending.u.meta)
			r = w.results[d.pending.u.meta.PkgPath]
		}
		p := d.pending
		if p.u != r.made.unit {
			p = r.pkg.pendingOf(d)
		}
		if d.pending = nil; p != nil {
			d.Fixes = fixesFor(p.u, w.world, p.located, &budget)
		}
	}
	return true, nil
}

// pendingOf is what the fixes of a diagnostic are made from that was found before.
func (p *Package) pendingOf(d *Diagnostic) *pending {
	for _, found := range [][]Diagnostic{p.Diagnostics, p.Strict} {
		for i := range found {
			if o := &found[i]; o.Code == d.Code && o.File == d.File && o.Span == d.Span && o.Message == d.Message {
				return o.pending
			}
		}
	}
	return nil
}

// holdsStill reports whether what was found in a unit is what would be found now.
func (w *Workspace) holdsStill(u *unit) bool {
	r := w.results[u.meta.PkgPath]
	return w.world != nil && r != nil && r.made.unit.key == u.key && r.world == w.world.key
}

// fixesFor are the ways to mend a finding, the best first. Formatting is paid from
// the budget.
func fixesFor(u *unit, w *world, l located, budget *int) []errcatalog.Fix {
	d, f, models := l.draft, l.Finding, l.models
	s := &site{u: u, draft: d, f: f, file: u.file(f.Span.Start.Filename), models: models, w: w, budget: budget}
	if s.file == nil {
		return nil
	}
	if f.Node != nil {
		for _, o := range d.ops {
			if o.node != nil && o.node.Call == f.Node.Call {
				s.call, s.args = o.call, o.file
			}
		}
		if c := graph.Resolve(f.Node.Type.S, models); c != nil {
			s.model = c.Model
		}
	}
	var fixes []errcatalog.Fix
	for _, mend := range []func() []errcatalog.Fix{
		s.addMissing, s.addKey, s.rename, s.replaceValue, s.zeroValue, s.restructure, s.connectReference, s.otherOutputs, s.conflictKeys,
		s.otherOperation, s.intoUpsert, s.pages, s.confirm, s.remove, s.removeConnection, s.addNode,
	} {
		fixes = append(fixes, mend()...)
	}
	return slices.DeleteFunc(fixes, func(f errcatalog.Fix) bool { return len(f.Edits) == 0 })
}

func (u *unit) file(name string) *source {
	for _, f := range u.files {
		if f.name == name {
			return f
		}
	}
	return nil
}

// fix makes one fix of splices in one file, formatted as gofmt would if the code
// around them is.
func (s *site) fix(file *source, title string, preferred bool, splices ...splice) errcatalog.Fix {
	fix := errcatalog.Fix{Title: title, Preferred: preferred}
	splices, ok := tidied(file, splices)
	if !ok {
		return fix // without edits, it is dropped
	}
	for _, region := range regions(file, joined(splices)) {
		spliced := region.splices
		if size := region.end - region.start; *s.budget >= size {
			*s.budget -= size
			spliced = region.formatted(file)
		}
		for _, sp := range spliced {
			text := sp.text
			if bytes.Contains(file.src, []byte("\r\n")) {
				text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
			}
			fix.Edits = append(fix.Edits, errcatalog.Edit{Span: file.between(sp.start, sp.end), New: text})
		}
	}
	return fix
}

// joined are the splices in order, with deletions that overlap made one.
func joined(splices []splice) []splice {
	splices = slices.Clone(splices)
	slices.SortStableFunc(splices, func(a, b splice) int { return a.start - b.start })
	var out []splice
	for _, sp := range splices {
		if n := len(out); n > 0 && sp.start < out[n-1].end && sp.text == "" && out[n-1].text == "" {
			out[n-1].end = max(out[n-1].end, sp.end)
			continue
		}
		out = append(out, sp)
	}
	return out
}

// A region is a top-level declaration with the splices in it.
type region struct {
	start, end int
	splices    []splice
}

// regions groups splices by the declaration that they are in.
func regions(file *source, splices []splice) []region {
	var out []region
	for _, sp := range splices {
		r := region{start: sp.start, end: sp.end}
		for _, d := range file.ast.Decls {
			if start, end := file.offset(d.Pos()), file.offset(d.End()); start <= sp.start && sp.end <= end {
				r.start, r.end = start, end
			}
		}
		if i := slices.IndexFunc(out, func(o region) bool { return o.start == r.start && o.end == r.end }); i >= 0 {
			out[i].splices = append(out[i].splices, sp)
		} else {
			r.splices = []splice{sp}
			out = append(out, r)
		}
	}
	return out
}

// formatted are the region's splices, with those that gofmt wants beside them:
// values of a literal are aligned.
func (r region) formatted(file *source) []splice {
	before := file.src[r.start:r.end]
	slices.SortStableFunc(r.splices, func(a, b splice) int { return a.start - b.start })
	var after bytes.Buffer
	at := r.start
	for _, sp := range r.splices {
		if sp.start < at {
			return r.splices
		}
		after.Write(file.src[at:sp.start])
		after.WriteString(sp.text)
		at = sp.end
	}
	after.Write(file.src[at:r.end])
	if was, err := format.Source(before); err != nil || !bytes.Equal(was, before) {
		return r.splices // not formatted, or broken: leave its form alone
	}
	want, err := format.Source(after.Bytes())
	if err != nil || bytes.Equal(want, after.Bytes()) {
		return r.splices
	}
	return []splice{difference(before, want, r.start)}
}

// difference is the whole lines in which two texts differ.
func difference(before, after []byte, offset int) splice {
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	head = bytes.LastIndexByte(before[:head], '\n') + 1
	tail := 0
	for tail < len(before)-head && tail < len(after)-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	for tail > 0 && tail < len(before)-head && before[len(before)-tail-1] != '\n' { // only whole lines
		tail--
	}
	return splice{offset + head, offset + len(before) - tail, string(after[head : len(after)-tail])}
}

// literal finds the composite literal at a path of the node's parameters. whole is
// the expression that stands there, literal or not.
func (s *site) literal(path string) (lit *ast.CompositeLit, whole ast.Expr) {
	if s.call == nil || len(s.call.Args) < 3 {
		return nil, nil
	}
	e := s.call.Args[2]
	for path != "" {
		lit, ok := ast.Unparen(e).(*ast.CompositeLit)
		if !ok {
			return nil, nil
		}
		var key string
		key, path, _ = strings.Cut(path, ".")
		next := element(lit, key)
		if next == nil {
			return nil, nil
		}
		e = next.value
	}
	lit, _ = ast.Unparen(e).(*ast.CompositeLit)
	return lit, e
}

// An entry is one element of a literal.
type entry struct {
	whole, value ast.Expr
	index        int
}

// element finds the element of a literal by its key or index.
func element(lit *ast.CompositeLit, key string) *entry {
	for i, el := range lit.Elts {
		kv, keyed := el.(*ast.KeyValueExpr)
		if !keyed {
			if strconv.Itoa(i) == key {
				return &entry{el, el, i}
			}
			continue
		}
		if b, ok := ast.Unparen(kv.Key).(*ast.BasicLit); ok && b.Kind == token.STRING {
			if k, err := strconv.Unquote(b.Value); err == nil && k == key {
				return &entry{kv, kv.Value, i}
			}
		}
	}
	return nil
}

// importName is what a file calls the package of path; "" when it does not import it.
func importName(file *source, path, name string) string {
	for _, imp := range file.ast.Imports {
		if p, err := strconv.Unquote(imp.Path.Value); err != nil || p != path {
			continue
		}
		if imp.Name == nil {
			return name
		}
		if imp.Name.Name != "_" && imp.Name.Name != "." {
			return imp.Name.Name
		}
	}
	return ""
}

// addImport imports a package of the standard library, where gofmt would keep it.
func addImport(file *source, path string) splice {
	quoted := strconv.Quote(path)
	for _, d := range file.ast.Decls {
		gd, ok := d.(*ast.GenDecl)
		if !ok || gd.Tok != token.IMPORT || len(gd.Specs) == 0 {
			continue
		}
		first := gd.Specs[0].(*ast.ImportSpec)
		if first.Path.Value == `"C"` {
			continue
		}
		if !gd.Lparen.IsValid() {
			text := file.text(first)
			start, end := file.offset(gd.Pos()), file.offset(gd.End())
			if !strings.Contains(first.Path.Value, ".") {
				specs := []string{quoted, text}
				slices.Sort(specs)
				return splice{start, end, "import (\n\t" + strings.Join(specs, "\n\t") + "\n)"}
			}
			return splice{start, end, "import (\n\t" + quoted + "\n\n\t" + text + "\n)"}
		}
		if strings.Contains(first.Path.Value, ".") { // no group of the standard library yet
			at := lineStart(file.src, file.offset(first.Pos()))
			return splice{at, at, "\t" + quoted + "\n\n"}
		}
		var last *ast.ImportSpec
		for _, spec := range gd.Specs {
			imp := spec.(*ast.ImportSpec)
			if last != nil && file.position(file.offset(imp.Pos())).Line > file.position(file.offset(last.End())).Line+1 {
				break
			}
			if imp.Path.Value > quoted {
				at := lineStart(file.src, file.offset(imp.Pos()))
				return splice{at, at, "\t" + quoted + "\n"}
			}
			last = imp
		}
		at := lineEnd(file.src, file.offset(last.End()))
		return splice{at, at, "\n\t" + quoted}
	}
	at := file.offset(file.ast.Name.End())
	return splice{at, at, "\n\nimport " + quoted}
}

func lineStart(src []byte, at int) int { return bytes.LastIndexByte(src[:at], '\n') + 1 }

func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(src)
}

// indentation is the white space that the line of an offset starts with.
func indentation(src []byte, at int) string {
	start := lineStart(src, at)
	end := start
	for end < len(src) && (src[end] == '\t' || src[end] == ' ') {
		end++
	}
	return string(src[start:end])
}
