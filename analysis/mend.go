package analysis

import (
	"cmp"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Mending is what Mend came to.
type Mending struct {
	Changes  []Change   // by file
	Fixes    int        // that were applied
	Packages []*Package // as they are now
}

// A Change is a file before and after.
type Change struct {
	File          string // absolute path
	Before, After []byte
}

// maxMendings bounds how often Mend checks again.
const maxMendings = 200

// Mend applies preferred fixes until there is none left: those that overlap, and
// those of what a fix brings to light, come in a later round. choose picks the
// findings to mend out of a round's packages. Generated files stay as they are.
//
// Only the workspace's buffers change; what to do with the files is the caller's.
func (w *Workspace) Mend(ctx context.Context, choose func([]*Package) []Diagnostic) (*Mending, error) {
	m := &Mending{}
	before, after := map[string][]byte{}, map[string][]byte{}
	budget := mendBudget{}
	for round := 0; ; round++ {
		packages, err := w.Check(ctx)
		if err != nil {
			return nil, err
		}
		m.Packages = packages
		if round == maxMendings {
			break
		}
		s := w.splicesOf(budget.affordable(choose(packages)))
		if s.fixes == 0 {
			break
		}
		m.Fixes += s.fixes
		for file, splices := range s.byFile {
			src := s.contents[file]
			if _, changed := before[file]; !changed {
				before[file] = src
			}
			after[file] = spliced(src, splices)
			w.SetFile(file, after[file])
		}
	}
	for file := range after {
		m.Changes = append(m.Changes, Change{file, before[file], after[file]})
	}
	slices.SortFunc(m.Changes, func(a, b Change) int { return cmp.Compare(a.File, b.File) })
	return m, nil
}

// A mistake is what a fix is to take away. One that comes back is not mended again.
type mistake struct {
	file    string
	code    errcatalog.Code
	message string
}

// A mendBudget is how often each mistake may still be mended: as often as it stood
// there when it was first seen.
type mendBudget map[mistake]int

// affordable are the findings that have a preferred fix and may be mended.
func (b mendBudget) affordable(found []Diagnostic) []mendable {
	now := map[mistake]int{}
	var all []mendable
	for _, d := range found {
		i := slices.IndexFunc(d.Fixes, func(f errcatalog.Fix) bool { return f.Preferred })
		if i < 0 {
			continue
		}
		key := mistake{d.File, d.Code, d.Message}
		now[key]++
		all = append(all, mendable{d.File, d.Fixes[i], b, key})
	}
	for key, n := range now {
		if _, seen := b[key]; !seen {
			b[key] = n
		}
	}
	return all
}

// mendable is a fix that a finding asks for.
type mendable struct {
	file   string
	fix    errcatalog.Fix
	budget mendBudget
	key    mistake
}

// A spliceSet is what one round changes.
type spliceSet struct {
	byFile   map[string][]splice
	contents map[string][]byte
	fixes    int
}

// splicesOf takes the fixes, each whole, that do not touch one taken before.
func (w *Workspace) splicesOf(fixes []mendable) spliceSet {
	s := spliceSet{byFile: map[string][]splice{}, contents: map[string][]byte{}}
	for _, m := range fixes {
		if m.budget[m.key] == 0 {
			continue
		}
		add := map[string][]splice{}
		free := len(m.fix.Edits) > 0
		for _, e := range m.fix.Edits {
			file := cmp.Or(e.Span.Start.Filename, m.file)
			if _, read := s.contents[file]; !read {
				s.contents[file], _ = w.buffers.read(file)
			}
			sp := splice{e.Span.Start.Offset, e.Span.End.Offset, e.New}
			free = free && sp.start <= sp.end && sp.end <= len(s.contents[file]) && !isGenerated(s.contents[file]) &&
				!slices.ContainsFunc(s.byFile[file], sp.touches)
			add[file] = append(add[file], sp)
		}
		if !free {
			continue
		}
		for file, splices := range add {
			s.byFile[file] = append(s.byFile[file], splices...)
		}
		m.budget[m.key]--
		s.fixes++
	}
	return s
}

// touches reports whether two splices overlap or meet, so that their order matters.
func (a splice) touches(b splice) bool { return a.start <= b.end && b.start <= a.end }

// spliced is the text with all splices made.
func spliced(src []byte, splices []splice) []byte {
	slices.SortStableFunc(splices, func(a, b splice) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	at := 0
	for _, sp := range splices {
		out = append(append(out, src[at:sp.start]...), sp.text...)
		at = sp.end
	}
	return append(out, src[at:]...)
}

// isGenerated reports whether a file says that a program wrote it.
func isGenerated(src []byte) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.PackageClauseOnly|parser.ParseComments)
	return err == nil && ast.IsGenerated(f)
}
