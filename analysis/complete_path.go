package analysis

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

func (x *completer) contract(n *node) *model.Contract {
	if n == nil {
		return nil
	}
	return graph.Resolve(n.typ, x.models)
}

// node finds a node by the argument that names it: a literal, or a constant whose value
// analysis knows.
func (x *completer) node(a Argument) *node {
	id := a.Text
	if !a.Literal && x.p != nil {
		if t := x.p.At(x.file, a.Start); t != nil && t.Kind == TargetNodeID {
			id = t.Text
		}
	}
	for _, n := range x.nodes() {
		if n.id == id {
			return &n
		}
	}
	return nil
}

// connection offers ids, outputs and inputs, argument by argument.
func (x *completer) connection() {
	args := x.c.Args
	switch len(args) {
	case 0, 2:
		if len(args) == 2 {
			args = args[:1]
		}
		for i, n := range x.nodes() {
			if len(args) == 0 || args[0].Text != n.id {
				x.add(Candidate{Kind: CandidateNodeID, Label: n.id, Detail: n.typ, Rank: i})
			}
		}
	case 1:
		x.path(func(keys []string) []place { return x.outputs(x.node(args[0]), keys) }, CandidateOutput)
	case 3:
		var from model.Type
		if spots := x.outputs(x.node(args[0]), nil); spots != nil {
			from = x.typeOf(x.node(args[0]), args[1].Text)
		}
		to := x.node(args[2])
		x.path(func(keys []string) []place {
			spots := x.inputs(to, keys)
			for i := range spots {
				if from.Kind != model.KindInvalid && spots[i].typ.Kind != model.KindInvalid && !model.Fits(from, spots[i].typ) {
					spots[i].rank += 1000
				}
			}
			return spots
		}, CandidateInput)
	}
}

// A place is one that a path can go to.
type place struct {
	name, doc string
	typ       model.Type
	param     *model.Param
	rank      int
}

// path offers what can follow the segments before the cursor.
func (x *completer) path(at func(keys []string) []place, kind CandidateKind) {
	keys := strings.Split(x.c.Before, ".")
	keys = keys[:len(keys)-1]
	x.out.Start += len(x.c.Before) - len(x.c.Before[strings.LastIndexByte(x.c.Before, '.')+1:])
	if i := strings.IndexByte(x.src[x.offset:x.c.End], '.'); i >= 0 {
		x.out.End = x.offset + i
	}
	for i, p := range at(keys) {
		detail := ""
		if p.typ.Kind != model.KindInvalid {
			detail = p.typ.String()
		}
		x.add(Candidate{Kind: kind, Label: p.name, Detail: detail, Doc: p.doc, Rank: p.rank + i, Param: p.param})
	}
}

// outputs are what a path into a node's outputs can name next.
func (x *completer) outputs(n *node, keys []string) []place {
	c := x.contract(n)
	if c == nil {
		return nil
	}
	params := c.Outputs
	if n.known != nil && n.typ == graph.SwitchType {
		params, _ = graph.Outputs(n.known, x.models)
	}
	if len(keys) == 0 {
		return placesOf(params)
	}
	i := slices.IndexFunc(params, func(p model.Param) bool { return p.Name == keys[0] })
	if i < 0 {
		return nil
	}
	return x.within(params[i].Type, keys[1:])
}

// within are the places in a value of a type.
func (x *completer) within(t model.Type, keys []string) []place {
	switch {
	case t.Array && len(keys) == 0:
		return []place{{name: "0", doc: "the first", typ: t.Elem()}}
	case t.Array:
		return x.within(t.Elem(), keys[1:])
	case t.Kind == model.KindRecord && len(keys) == 0:
		if m := x.models.Model(t.Model); m != nil {
			return columnsOf(m, nil)
		}
	}
	return nil
}

func placesOf(params []model.Param) []place {
	var all []place
	for i := range params {
		p := &params[i]
		rank := 0
		if !p.Required {
			rank = 100
		}
		if p.NoUse == "" {
			all = append(all, place{p.Name, p.Doc, p.Type, p, rank})
		}
	}
	return all
}

func columnsOf(m *model.Model, want func(*model.Field) bool) []place {
	var all []place
	for i := range m.Fields {
		f := &m.Fields[i]
		if want == nil || want(f) {
			all = append(all, place{name: f.Column, typ: f.Type, doc: fieldDoc(m, f)})
		}
	}
	return all
}

// fieldDoc says what a column is.
func fieldDoc(m *model.Model, f *model.Field) string {
	if f.Name == "" {
		return "kept by the engine"
	}
	doc := m.Name + "." + f.Name + " " + f.GoType
	if f.Primary {
		doc += ", primary key"
	}
	if f.Validate != "" {
		doc += ", " + f.Validate
	}
	return doc
}

// typeOf is the type at a path into a node's outputs.
func (x *completer) typeOf(n *node, path string) model.Type {
	keys := strings.Split(path, ".")
	for _, p := range x.outputs(n, keys[:len(keys)-1]) {
		if p.name == keys[len(keys)-1] {
			return p.typ
		}
	}
	return model.Type{}
}

// inputs are what a path into a node's parameters can name next.
func (x *completer) inputs(n *node, keys []string) []place {
	c := x.contract(n)
	if c == nil {
		return nil
	}
	if len(keys) == 0 {
		return append(placesOf(c.Params), place{name: graph.Trigger, doc: "orders and gates the node, and carries no value", rank: 200})
	}
	param := c.Param(keys[0])
	if param == nil || c.Model == nil {
		return nil
	}
	return x.inParam(param, c.Model, keys[1:], true)
}

// inParam are the keys in a parameter's map, at a path; inPath is whether they are
// segments of a connection's path.
func (x *completer) inParam(p *model.Param, m *model.Model, keys []string, inPath bool) []place {
	switch p.Shape {
	case model.ShapeFilter:
		return x.inFilter(m, keys, inPath)
	case model.ShapeFields, model.ShapeWhere, model.ShapeRows:
		for len(keys) > 0 && isIndex(keys[0]) {
			keys = keys[1:]
		}
		if len(keys) == 0 {
			return columnsOf(m, (*model.Field).Settable)
		}
	}
	return nil
}

func isIndex(key string) bool {
	_, err := strconv.Atoi(key)
	return err == nil
}

func (x *completer) inFilter(m *model.Model, keys []string, inPath bool) []place {
	for len(keys) > 0 && (slices.Contains(graph.Combinators, keys[0]) || isIndex(keys[0])) {
		keys = keys[1:]
	}
	if len(keys) == 0 {
		all := columnsOf(m, nil)
		if !inPath {
			for _, c := range graph.Combinators {
				all = append(all, place{name: c, doc: "joins conditions", rank: 100})
			}
		}
		return all
	}
	f := m.FieldByColumn(keys[0])
	if f == nil || len(keys) > 2 {
		return nil
	}
	operators := graph.Operators
	if len(keys) == 2 {
		if keys[1] != "$any" {
			return nil
		}
		operators = graph.ElementOperators
	}
	var all []place
	for _, op := range operators {
		if fitsOperator(op, f.Type) {
			all = append(all, place{name: op, typ: operand(op, f.Type)})
		}
	}
	return all
}

// fitsOperator reports whether an operator has a meaning on a column of a type.
func fitsOperator(op string, t model.Type) bool {
	text := t.Kind == model.KindString || t.Kind == model.KindAny || t.Kind == model.KindJSON
	switch op {
	case "$like", "$ilike", "$regex":
		return text && !t.Array
	case "$contains":
		return text || t.Array
	case "$overlap", "$any":
		return t.Array
	case "$gt", "$gte", "$lt", "$lte", "$between":
		return !t.Array && t.Kind != model.KindBool && t.Kind != model.KindJSON
	}
	return true
}

// operand is the type that an operator compares with.
func operand(op string, t model.Type) model.Type {
	switch op {
	case "$in", "$nin", "$between":
		t.Array = true
	case "$null", "$exists":
		return model.Type{Kind: model.KindBool}
	case "$contains":
		return t.Elem()
	}
	return t.NotNull()
}
