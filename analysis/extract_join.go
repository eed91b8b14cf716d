package analysis

import (
	"slices"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// either is what is known of a value that is a or b: their type, if it is one.
func either(a, b *graph.Value) graph.Value {
	typ := func(v *graph.Value) (graph.Value, bool) {
		ok := v.State == graph.StateTyped || v.State == graph.StateKnown && v.V != nil
		return graph.Value{State: graph.StateTyped, Type: v.Type, GoType: v.GoType}, ok && v.Type.Kind != model.KindInvalid
	}
	x, okX := typ(a)
	y, okY := typ(b)
	if okX && okY && x.Type == y.Type && x.GoType == y.GoType {
		return x
	}
	return graph.Value{}
}

// join makes the current state that of paths that meet. Paths that ended are nil.
func (f *frame) join(paths ...*state) {
	x := f.x
	paths = slices.DeleteFunc(slices.Clone(paths), func(s *state) bool { return s == nil })
	if len(paths) == 0 {
		x.st = nil
		return
	}
	out := paths[0]
	for _, s := range paths[1:] {
		if s != out {
			out = f.join2(out, s)
		}
	}
	x.st = out
}

func (f *frame) join2(a, b *state) *state {
	out := a.fork()
	f.x.st = out // what escapes on the way is lost in it
	cells, objs := between(a, b)
	for _, o := range objs {
		if p := b.objs.get(o.id); a.object(o) == nil {
			out.objs.put(o.id, p)
		}
	}
	for _, c := range cells {
		if _, ok := a.cell(c); !ok {
			out.cells.put(c.id, b.cells.get(c.id))
		}
	}
	for _, o := range objs {
		x, y := a.object(o), b.object(o)
		switch {
		case x == nil || y == nil || x == y:
		case out.object(o).lost && !x.lost: // on the way
			f.loseContents(o, y)
		default:
			joined := f.joinContents(o, x, y)
			if !out.object(o).lost {
				out.setObject(o, joined)
			}
		}
	}
	for _, c := range cells {
		x, okX := a.cell(c)
		y, okY := b.cell(c)
		switch {
		case !okX || !okY:
		case f.x.lost(c) && !x.lost: // on the way
			f.escape(y.value, "held by a variable that changes", f.body)
		case x.lost || y.lost:
			out.setCell(c, held{lost: true})
			f.escape(x.value, "held by a variable that changes", f.body)
			f.escape(y.value, "held by a variable that changes", f.body)
		case !same(x.value, y.value):
			joined := f.joinValue(x.value, y.value)
			if !f.x.lost(c) {
				out.setCell(c, held{value: joined})
			}
		}
	}
	return out
}

// joinValue is a value that is x on one path and y on another.
func (f *frame) joinValue(x, y value) value {
	if len(x.wfs)+len(y.wfs) > 0 {
		return f.joinWorkflows(x, y)
	}
	f.escape(x, "held by a variable only on some paths", f.body)
	f.escape(y, "held by a variable only on some paths", f.body)
	if !x.plain() || !y.plain() {
		return value{}
	}
	return value{known: either(&x.known, &y.known), expr: x.expr, file: x.file}
}

// maxWorkflows bounds how many workflows one variable may hold.
const maxWorkflows = 4

// joinWorkflows keeps all that may be meant. Each has a condition of its own, so
// that what is built on one is not taken to be built on the others as well. Nil is
// not kept: building on it fails.
func (f *frame) joinWorkflows(x, y value) value {
	all := slices.Clone(x.wfs)
	for _, r := range y.wfs {
		if !slices.ContainsFunc(all, r.equal) {
			all = append(all, r)
		}
	}
	unknown := func(v value) bool { return len(v.wfs) == 0 && !v.isNil() }
	if unknown(x) || unknown(y) || len(all) > maxWorkflows {
		for _, r := range all {
			f.open(r, "a variable holds it only on some paths", f.body)
		}
		return value{}
	}
	if len(all) > max(len(x.wfs), len(y.wfs)) {
		for i := range all {
			f.x.ctxs++
			all[i].when = append(slices.Clip(all[i].when), f.x.ctxs)
			all[i].depth = len(f.ctx)
		}
	}
	return value{wfs: all}
}

// joinContents are what an object holds that held x on one path and y on another.
func (f *frame) joinContents(o *object, x, y *contents) *contents {
	if x.lost || y.lost {
		f.loseContents(o, x)
		f.loseContents(o, y)
		return &contents{lost: true}
	}
	out := &contents{partial: x.partial || y.partial, grown: x.grown || y.grown, appended: x.appended || y.appended}
	for _, e := range x.entries {
		i := slices.IndexFunc(y.entries, func(o mapEntry) bool { return o.key == e.key })
		if i < 0 {
			out.partial = true
			f.escape(e.val, "part of a map on some paths", f.body)
			continue
		}
		if !same(e.val, y.entries[i].val) {
			e.val = f.joinValue(e.val, y.entries[i].val)
		}
		out.entries = append(out.entries, e)
	}
	for _, e := range y.entries {
		if !slices.ContainsFunc(x.entries, func(o mapEntry) bool { return o.key == e.key }) {
			out.partial = true
			f.escape(e.val, "part of a map on some paths", f.body)
		}
	}
	if len(x.items) != len(y.items) {
		out.partial = true
		for _, v := range slices.Concat(x.items, y.items) {
			f.escape(v, "part of a list on some paths", f.body)
		}
	} else {
		for i, v := range x.items {
			if !same(v, y.items[i]) {
				v = f.joinValue(v, y.items[i])
			}
			out.items = append(out.items, v)
		}
	}
	for _, fields := range []map[string]value{x.fields, y.fields} {
		for name := range fields {
			a, okA := x.fields[name]
			b, okB := y.fields[name]
			if out.fields == nil {
				out.fields = map[string]value{}
			}
			switch {
			case okA && okB && same(a, b):
				out.fields[name] = a
			case okA && okB:
				out.fields[name] = f.joinValue(a, b)
			default: // zero on the other path
				f.escape(a, "held by a field only on some paths", f.body)
				f.escape(b, "held by a field only on some paths", f.body)
				out.fields[name] = value{}
			}
		}
	}
	return out
}

// widen makes unknown, in base, all that differs in end, and reports whether
// anything did. before is base as it was when the path to end left it.
func (f *frame) widen(base, before, end *state) bool {
	if end == nil {
		return false
	}
	changed := false
	f.x.st = base
	cells, objs := between(end, before)
	for _, o := range objs {
		c, e := base.object(o), end.object(o)
		if c == nil || e == nil || c.lost || equalContents(c, e) {
			continue
		}
		next := &contents{partial: true, lost: e.lost, grown: c.grown || e.grown, appended: c.appended || e.appended}
		if e.fields != nil || c.fields != nil {
			next = f.joinContents(o, c, e)
		}
		if equalContents(c, next) {
			continue
		}
		changed = true
		f.loseParts(c)
		base.setObject(o, next)
	}
	for _, c := range cells {
		h, ok := base.cell(c)
		e, okEnd := end.cell(c)
		if !ok || !okEnd || h.lost {
			continue
		}
		if e.lost {
			changed = true
			f.escape(h.value, "held by a variable that changes", f.body)
			base.setCell(c, held{lost: true})
		} else if !same(h.value, e.value) {
			changed = true
			base.setCell(c, held{value: f.joinValue(h.value, e.value)})
		}
	}
	return changed
}
