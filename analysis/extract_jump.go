package analysis

import (
	"go/ast"
	"go/token"
	"slices"
)

// A target is a statement that break and continue refer to.
type target struct {
	label             string
	loop              bool
	breaks, continues []*state
}

func (f *frame) returnStmt(s *ast.ReturnStmt) {
	var values []value
	for _, e := range s.Results {
		values = append(values, f.evalAll(e)...)
	}
	if f.x.st == nil {
		return
	}
	if len(s.Results) == 0 {
		values = f.namedValues()
	} else {
		for i, c := range f.results {
			if c != nil && i < len(values) {
				f.store(c, values[i])
			}
		}
	}
	f.returned(values)
}

// returned ends the path. A path that ends before anything was built, and that
// returns no workflow, leaves nothing behind: what follows is as certain as before.
func (f *frame) returned(values []value) {
	f.returns = append(f.returns, values)
	f.ends = append(f.ends, f.x.st)
	if f.inlined || slices.ContainsFunc(values, func(v value) bool { return !v.plain() }) || f.x.builtSince(f.ctx) {
		f.x.exits++
		f.x.left++
	}
	f.x.st = nil
}

// builtSince reports whether a call was recorded in the innermost branch.
func (x *extractor) builtSince(ctx []int) bool {
	if len(ctx) == 0 {
		return false
	}
	for i := len(x.made) - 1; i >= 0; i-- {
		d := x.made[i]
		whole := isPrefix(ctx[:min(len(ctx), len(d.ctx))], d.ctx)
		for _, o := range d.ops {
			if whole && isPrefix(ctx[min(len(ctx), len(d.ctx)):], o.ctx) || isPrefix(ctx, o.ctx) {
				return true
			}
		}
	}
	return false
}

// jump follows break and continue. A goto is followed nowhere: its function is broken.
func (f *frame) jump(s *ast.BranchStmt) {
	if s.Tok == token.FALLTHROUGH || s.Tok == token.GOTO {
		return
	}
	for i := len(f.targets) - 1; i >= 0; i-- {
		t := f.targets[i]
		if s.Label != nil && s.Label.Name != t.label || s.Tok == token.CONTINUE && !t.loop {
			continue
		}
		if s.Tok == token.CONTINUE {
			t.continues = append(t.continues, f.x.st)
		} else {
			t.breaks = append(t.breaks, f.x.st)
		}
		break
	}
	f.x.exits++
	f.x.st = nil
}

// within follows a statement that jumps can end, and goes on where they lead.
func (f *frame) within(label string, loop bool, follow func(t *target)) {
	t := &target{label: label, loop: loop}
	f.targets = append(f.targets, t)
	exits, left, outer := f.x.exits, f.x.left, f.jumpsOut()
	follow(t)
	f.targets = f.targets[:len(f.targets)-1]
	f.join(append([]*state{f.x.st}, t.breaks...)...)
	if f.x.left == left && f.jumpsOut() == outer {
		f.x.exits = exits // all jumps ended here
	}
}

// jumpsOut counts the jumps to statements around the current ones.
func (f *frame) jumpsOut() int {
	n := 0
	for _, t := range f.targets[:max(len(f.targets)-1, 0)] {
		n += len(t.breaks) + len(t.continues)
	}
	return n
}
