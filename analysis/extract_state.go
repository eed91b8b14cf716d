package analysis

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/graph"
)

// A value is what is known of a Go value where the source is followed. Its zero is
// a value of which nothing is known.
type value struct {
	known graph.Value // a scalar, an input, or no more than a type
	obj   *object     // a map, a list, a struct, or what a pointer to a struct points at
	ptr   bool        // it is a pointer to obj
	wfs   []ref       // the workflow; several where paths that met had different ones
	fn    *callable
	// expr and file are where the value was last read.
	expr ast.Expr
	file *source
}

// A cell is a variable. What it holds stands in the state.
type cell struct {
	typ    types.Type
	id     int
	writes int // on any path, so that a closure that runs later can tell
}

// An object is a map, a list or a struct: what several values can share. What it
// holds stands in the state.
type object struct {
	typ    types.Type
	id     int
	writes int
	// kin is set for a list that append made: lists of one kin may share their items.
	kin *object
}

// contents are what an object holds. They are never changed, only replaced.
type contents struct {
	entries []mapEntry
	items   []value
	fields  map[string]value // those that were set; the others are zero
	partial bool             // a map or list that may hold more
	// lost says that something that is not followed may change the object: nothing
	// is known of it from then on.
	lost bool
	// grown says that the object came out of append, or went into one: it may share
	// its items with another list.
	grown bool
	// appended says that another list grew out of it: what is appended next may be
	// written over that list's items.
	appended bool
}

type mapEntry struct {
	key string
	val value
	// keyExpr is the key, whole the entry or the index expression that set it.
	keyExpr, whole ast.Node
	file           *source
}

// A state is what all variables and objects hold at one point of one path. It holds
// what was written since its parent, which is not written any more: paths share all
// that was before they parted.
type state struct {
	parent *state
	cells  map[*cell]held
	objs   map[*object]*contents
	depth  int
}

type held struct {
	value
	lost bool // a pointer or a closure that is not followed may write it
}

func newState() *state {
	return &state{cells: map[*cell]held{}, objs: map[*object]*contents{}}
}

// maxParents bounds how far a look-up goes.
const maxParents = 32

// child is a state that goes on from s. Nothing may be written to s afterwards, as
// long as the child is of use.
func (s *state) child() *state {
	c := newState()
	if s.depth < maxParents {
		c.parent, c.depth = s, s.depth+1
		return c
	}
	s.each(func(o *state) {
		for k, v := range o.cells {
			if _, newer := c.cells[k]; !newer {
				c.cells[k] = v
			}
		}
		for k, v := range o.objs {
			if _, newer := c.objs[k]; !newer {
				c.objs[k] = v
			}
		}
	})
	return c
}

// each visits s and its parents, newest first.
func (s *state) each(visit func(*state)) {
	for ; s != nil; s = s.parent {
		visit(s)
	}
}

func (s *state) cell(c *cell) (held, bool) {
	for ; s != nil; s = s.parent {
		if h, ok := s.cells[c]; ok {
			return h, true
		}
	}
	return held{}, false
}

func (x *extractor) lost(c *cell) bool {
	h, _ := x.st.cell(c)
	return h.lost
}

func (s *state) object(o *object) *contents {
	for ; s != nil; s = s.parent {
		if c := s.objs[o]; c != nil {
			return c
		}
	}
	return nil
}

// since lists what was written in s after base, in the order of making.
func (s *state) since(base *state) (cells []*cell, objs []*object) {
	seen := newState()
	for ; s != nil && s != base; s = s.parent {
		for c := range s.cells {
			if _, ok := seen.cells[c]; !ok {
				seen.cells[c] = held{}
				cells = append(cells, c)
			}
		}
		for o := range s.objs {
			if seen.objs[o] == nil {
				seen.objs[o] = &contents{}
				objs = append(objs, o)
			}
		}
	}
	slices.SortFunc(cells, func(a, b *cell) int { return a.id - b.id })
	slices.SortFunc(objs, func(a, b *object) int { return a.id - b.id })
	return cells, objs
}

// common is the newest state that both a and b go on from, or nil.
func common(a, b *state) *state {
	parents := map[*state]bool{}
	a.each(func(s *state) { parents[s] = true })
	for ; b != nil; b = b.parent {
		if parents[b] {
			return b
		}
	}
	return nil
}

// isNil reports whether v is surely nil.
func (v *value) isNil() bool {
	return v.obj == nil && v.fn == nil && len(v.wfs) == 0 && v.known.State == graph.StateKnown && v.known.V == nil
}

// plain reports whether v is fully known by what it is, and shares nothing.
func (v *value) plain() bool { return v.obj == nil && v.fn == nil && len(v.wfs) == 0 }

// same reports whether two values are surely one and the same.
func same(a, b value) bool {
	if a.obj != b.obj || a.ptr != b.ptr || a.fn != b.fn || !slices.EqualFunc(a.wfs, b.wfs, ref.equal) {
		return false
	}
	if a.obj != nil || a.fn != nil || len(a.wfs) > 0 {
		return true
	}
	return sameKnown(&a.known, &b.known)
}

func sameKnown(a, b *graph.Value) bool {
	if a.State != b.State || a.GoType != b.GoType || a.Type != b.Type {
		return false
	}
	switch a.State {
	case graph.StateKnown:
		switch a.V.(type) {
		case nil, bool, string, int64, uint64, float64:
			return a.V == b.V
		}
		return false
	case graph.StateInput:
		if a.Input.Name != b.Input.Name || (a.Input.Default == nil) != (b.Input.Default == nil) {
			return false
		}
		return a.Input.Default == nil || sameKnown(a.Input.Default, b.Input.Default)
	case graph.StateMap, graph.StateList:
		return false
	}
	return true
}

func equalContents(a, b *contents) bool {
	return a.partial == b.partial && a.lost == b.lost && a.grown == b.grown && a.appended == b.appended &&
		slices.EqualFunc(a.entries, b.entries, func(x, y mapEntry) bool { return x.key == y.key && same(x.val, y.val) }) &&
		slices.EqualFunc(a.items, b.items, same) && maps.EqualFunc(a.fields, b.fields, same)
}

// newObject starts an object.
func (f *frame) newObject(t types.Type, c *contents) *object {
	f.x.ids++
	o := &object{typ: t, id: f.x.ids}
	f.x.st.objs[o] = c
	return o
}

// contents are what an object holds now.
func (f *frame) contents(o *object) *contents {
	if c := f.x.st.object(o); c != nil {
		return c
	}
	return &contents{lost: true}
}

// put replaces what an object holds, unless it is lost.
func (f *frame) put(o *object, c *contents) {
	o.writes++
	if !f.contents(o).lost {
		f.x.st.objs[o] = c
	}
}

// loseObject notes that an object, and all in it, may change unseen from now on.
func (f *frame) loseObject(o *object) {
	c := f.contents(o)
	if c.lost {
		return
	}
	o.writes++
	f.x.st.objs[o] = &contents{lost: true}
	for name, v := range c.fields {
		f.escapeField(v, o.typ, name)
	}
	f.loseParts(c)
}

// loseParts notes that what a map or a list holds may change unseen.
func (f *frame) loseParts(c *contents) {
	for _, e := range c.entries {
		f.escape(e.val, "part of a map that is not followed", f.body)
	}
	for _, v := range c.items {
		f.escape(v, "part of a list that is not followed", f.body)
	}
}

// lose is for what was written since base and cannot be followed at all.
func (f *frame) lose(base *state) {
	cells, objs := f.x.st.since(base)
	for _, o := range objs {
		f.loseObject(o)
	}
	for _, c := range cells {
		h, _ := f.x.st.cell(c)
		f.escape(h.value, "held by a variable that changes", f.body)
		c.writes++
		f.x.st.cells[c] = held{lost: true}
	}
}
