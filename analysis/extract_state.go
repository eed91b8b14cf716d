package analysis

import (
	"cmp"
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
	id     int // from 1
	writes int // on any path, so that a closure that runs later can tell
}

// An object is a map, a list or a struct: what several values can share. What it
// holds stands in the state.
type object struct {
	typ    types.Type
	id     int // from 1
	writes int
	// kin is set for a list that append made: lists of one kin may share their items.
	// It is the first of them, which knows them all.
	kin  *object
	kins []*object
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

// A state is what all variables and objects hold at one point of one path.
type state struct {
	cells trie[holding]
	objs  trie[containing]
}

type held struct {
	value
	lost bool // a pointer or a closure that is not followed may write it
}

type holding struct {
	of *cell
	held
}

type containing struct {
	of *object
	c  *contents
}

// fork is a state that goes on from s.
func (s *state) fork() *state {
	out := *s
	return &out
}

// cell is what a variable holds; ok is false for one that is not of this path.
func (s *state) cell(c *cell) (h held, ok bool) {
	if p := s.cells.get(c.id); p != nil && c.id > 0 {
		return p.held, true
	}
	return held{}, false
}

func (s *state) setCell(c *cell, h held) { s.cells.put(c.id, &holding{c, h}) }

// object is what an object holds, or nil.
func (s *state) object(o *object) *contents {
	if p := s.objs.get(o.id); p != nil && o.id > 0 {
		return p.c
	}
	return nil
}

func (s *state) setObject(o *object, c *contents) { s.objs.put(o.id, &containing{o, c}) }

func (x *extractor) lost(c *cell) bool {
	h, _ := x.st.cell(c)
	return h.lost
}

// between lists the variables and objects that two states do not share, in the order
// of making.
func between(a, b *state) (cells []*cell, objs []*object) {
	differences(a.cells, b.cells, func(x, y *holding) { cells = append(cells, cmp.Or(x, y).of) })
	differences(a.objs, b.objs, func(x, y *containing) { objs = append(objs, cmp.Or(x, y).of) })
	return cells, objs
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
	f.x.objects++
	o := &object{typ: t, id: f.x.objects}
	f.x.st.setObject(o, c)
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
		f.x.st.setObject(o, c)
	}
}

// loseObject notes that an object, and all in it, may change unseen from now on.
func (f *frame) loseObject(o *object) {
	c := f.contents(o)
	if c.lost {
		return
	}
	o.writes++
	f.x.st.setObject(o, &contents{lost: true})
	f.loseContents(o, c)
}

// loseContents notes that what an object holds, or held, may change unseen.
func (f *frame) loseContents(o *object, c *contents) {
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

// loseAll is for a path that cannot be followed at all.
func (f *frame) loseAll() {
	cells, objs := between(f.x.st, &state{})
	for _, o := range objs {
		f.loseObject(o)
	}
	for _, c := range cells {
		h, _ := f.x.st.cell(c)
		f.escape(h.value, "held by a variable that changes", f.body)
		c.writes++
		f.x.st.setCell(c, held{lost: true})
	}
}
