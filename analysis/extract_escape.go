package analysis

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// escape notes that a value goes where it is not followed: it, and all that it
// leads to, may be changed there.
func (f *frame) escape(v value, how string, where ast.Node) {
	if f.x.st == nil {
		return
	}
	for _, r := range v.wfs {
		f.leak(r, "", how, where)
	}
	if v.obj != nil {
		f.loseObject(v.obj)
	}
	if v.fn != nil {
		f.escapeCallable(v.fn)
	}
}

// leak notes that a workflow is kept in a place where it is not followed.
func (f *frame) leak(r ref, place, how string, where ast.Node) {
	if r.d == nil {
		f.x.extensions.keep(r.external, place)
		return
	}
	if !slices.ContainsFunc(r.d.leaks, func(l leak) bool { return l.place == place }) {
		r.d.leaks = append(r.d.leaks, leak{place, "it is " + how, f.file.span(where)})
	}
	for _, via := range r.d.vias {
		f.x.extensions.keep(via, place)
	}
}

// escapeField notes that the value of a field goes where it is not followed.
func (f *frame) escapeField(v value, t types.Type, name string) {
	if len(v.wfs) == 0 || structOf(t) == nil {
		f.escape(v, "part of a struct that is not followed", f.body)
		return
	}
	for field := range structOf(t).Fields() {
		if field.Name() == name {
			for _, r := range v.wfs {
				f.leak(r, placeOf(field), "kept in the field "+name, f.body)
			}
		}
	}
}

// placeOf names a field, for all structs of a package that have one of the name.
func placeOf(field *types.Var) string {
	if field.Pkg() == nil {
		return "field " + field.Name()
	}
	return "field " + field.Pkg().Path() + "." + field.Name()
}

// open notes that what happens to a workflow cannot be followed.
func (f *frame) open(r ref, why string, where ast.Node) {
	if r.d == nil {
		f.x.extensions.results[r.external] = true
		return
	}
	r.d.openAt(why, f.file.span(where))
	for _, via := range r.d.vias {
		f.x.extensions.results[via] = true
	}
}

// escapeCallable notes that a function may be called at any time, any number of
// times. What it writes is not known from then on.
func (f *frame) escapeCallable(c *callable) {
	if f.x.lost(&c.gone) {
		return
	}
	if c.gone.id == 0 {
		f.x.cells++
		c.gone.id = f.x.cells
	}
	f.x.st.setCell(&c.gone, held{lost: true})
	if c.f != nil {
		if recv := c.f.Signature().Recv(); c.recv != nil && recv != nil && isWorkflow(recv.Type()) {
			for _, r := range c.recv.wfs {
				if !strings.HasPrefix(c.f.Name(), "Add") {
					break // Build and the like read
				}
				f.open(r, "it is used by the method value "+c.f.Name(), f.body)
			}
		} else if c.recv != nil {
			f.escape(*c.recv, "used by a method value", f.body)
		}
		f.x.extensions.keep(c.f.Origin().FullName(), "")
		return
	}
	late := lateClosure{c: c, by: f, ctx: f.ctx, cells: map[*cell]int{}, objs: map[*object]int{}}
	for obj, how := range captured(c) {
		cell := c.frame.env[obj]
		if cell == nil {
			continue
		}
		h, _ := f.x.st.cell(cell)
		switch {
		case how == capturedWritten:
			f.loseCell(cell, "held by "+obj.Name()+", which a closure or a pointer can change", c.lit)
		case h.obj != nil && how != capturedRead:
			f.loseObject(h.obj)
		case h.fn != nil:
			f.escapeCallable(h.fn)
		}
		late.cells[cell] = cell.writes
		if h.obj != nil {
			late.objs[h.obj] = h.obj.writes
		}
	}
	if f.x.dry > 0 || c.escaped {
		return
	}
	c.escaped = true
	if c.frame.u.builds(c.lit) {
		f.x.late = append(f.x.late, late)
	}
}
