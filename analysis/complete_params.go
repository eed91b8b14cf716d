package analysis

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// params offers the keys of a node's parameters, and values where they are few.
func (x *completer) params() {
	t := x.c.Args[0].Text
	if !x.c.Args[0].Literal && x.p != nil {
		if at := x.p.At(x.file, x.c.Args[0].Start); at != nil && at.Kind == TargetNodeType {
			t = at.Text
		}
	}
	c := graph.Resolve(t, x.models)
	if c == nil {
		return
	}
	if x.c.Key && x.c.InString {
		x.keys(c)
		return
	}
	x.values(c)
}

func (x *completer) keys(c *model.Contract) {
	var spots []place
	if len(x.c.Path) == 0 {
		spots = placesOf(c.Params)
	} else if p := c.Param(x.c.Path[0]); p != nil && c.Model != nil {
		spots = x.inParam(p, c.Model, x.c.Path[1:], false)
	}
	for i, s := range spots {
		if slices.Contains(x.c.Given, s.name) {
			continue
		}
		kind := CandidateParam
		switch {
		case strings.HasPrefix(s.name, "$"):
			kind = CandidateOperator
		case s.param == nil:
			kind = CandidateColumn
		}
		detail := ""
		if s.typ.Kind != model.KindInvalid {
			detail = s.typ.String()
		}
		if s.param != nil && s.param.Required {
			detail += ", required"
		}
		cand := Candidate{Kind: kind, Label: s.name, Detail: strings.TrimPrefix(detail, ", "), Doc: s.doc, Rank: s.rank + i, Param: s.param, Contract: c}
		if x.c.Bare {
			cand.Rest = `": ` + x.valueStop(c, s)
		}
		x.add(cand)
	}
}

// valueStop is the value of a key as a snippet, and the comma behind it.
func (x *completer) valueStop(c *model.Contract, s place) string {
	switch {
	case s.param != nil:
		return "${1:" + escapeSnippet(x.value(s.param, c.Model)) + "},"
	case s.typ.Kind == model.KindInvalid:
		return "${1}," // a combinator
	default:
		return "${1:" + escapeSnippet(x.of(s.typ.Example(s.name))) + "},"
	}
}

// values offers the values of an enum, of a rule oneof, of a bool, and columns in a list
// of them.
func (x *completer) values(c *model.Contract) {
	if len(x.c.Path) == 0 {
		return
	}
	p := c.Param(x.c.Path[0])
	if p == nil {
		return
	}
	if x.c.List && x.c.InString && c.Model != nil && len(x.c.Path) == 1 {
		x.columnList(p, c.Model)
		return
	}
	f := p.Field
	t := p.Type
	if f == nil && c.Model != nil {
		for _, key := range slices.Backward(x.c.Path[1:]) {
			if f = c.Model.FieldByColumn(key); f != nil {
				t = f.Type
				break
			}
		}
	}
	if last := x.c.Path[len(x.c.Path)-1]; last == "$null" || last == "$exists" {
		t, f = model.Type{Kind: model.KindBool}, nil
	}
	if t.Kind == model.KindBool && !t.Array && !x.c.InString && p.Shape != model.ShapeColumns {
		x.word("true", "false")
		return
	}
	if !x.c.InString {
		return
	}
	for i, v := range p.Enum {
		x.add(Candidate{Kind: CandidateValue, Label: v, Rank: i, Param: p})
	}
	if f != nil {
		for i, v := range oneOf(f.Validate) {
			x.add(Candidate{Kind: CandidateValue, Label: v, Detail: "allowed by " + f.Column + "'s rule", Rank: i})
		}
	}
}

// word offers identifiers in place of the one that is being typed.
func (x *completer) word(words ...string) {
	start := x.offset
	for start > 0 && ('a' <= x.src[start-1] && x.src[start-1] <= 'z') {
		start--
	}
	x.out.Start, x.out.End, x.out.RestEnd = start, x.offset, x.offset
	for i, w := range words {
		x.add(Candidate{Kind: CandidateValue, Label: w, Rank: i})
	}
}

func (x *completer) columnList(p *model.Param, m *model.Model) {
	if p.Shape != model.ShapeColumns && p.Shape != model.ShapeOrder {
		return
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if slices.Contains(x.c.Given, f.Column) || slices.Contains(x.c.Given, "-"+f.Column) {
			continue
		}
		if p.Shape == model.ShapeOrder && (f.Type.Array || f.Type.Kind == model.KindJSON) {
			continue // they have no order
		}
		x.add(Candidate{Kind: CandidateColumn, Label: f.Column, Detail: f.Type.String(), Doc: fieldDoc(m, f), Rank: i})
		if p.Shape == model.ShapeOrder {
			x.add(Candidate{Kind: CandidateColumn, Label: "-" + f.Column, Detail: f.Type.String() + ", descending", Doc: fieldDoc(m, f), Rank: 100 + i})
		}
	}
}

// oneOf are the values that a validate rule allows.
func oneOf(rules string) []string {
	for rule := range strings.SplitSeq(rules, ",") {
		if values, ok := strings.CutPrefix(strings.TrimSpace(rule), "oneof="); ok {
			return strings.Fields(values)
		}
	}
	return nil
}
