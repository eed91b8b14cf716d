package graph

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/expression"
	"github.com/dataflow-go/dataflow/model"
)

// switchOutputs are the outputs of a SwitchNode: one per case and default, or
// true_output and false_output.
func switchOutputs(n *Node) (outputs []model.Param, open bool) {
	branch := func(name string) model.Param {
		return model.Param{Name: name, Type: model.Type{Kind: model.KindAny}, Doc: "The switch's input, where this branch is taken."}
	}
	if n.Params.State != StateMap {
		return nil, true
	}
	e := n.Params.Get("cases")
	if e == nil {
		return []model.Param{branch("true_output"), branch("false_output")}, n.Params.Partial
	}
	cases := actual(&e.Value)
	if cases.State != StateMap {
		return nil, true
	}
	for _, c := range cases.Entries {
		outputs = append(outputs, branch(c.Key))
	}
	return append(outputs, branch("default")), cases.Partial
}

// checkControl checks the settings of Switch, Merge and Transform.
func (p *params) checkControl() {
	for i := range p.contract.Params {
		param := &p.contract.Params[i]
		e := p.n.Params.Get(param.Name)
		if e == nil {
			continue
		}
		if param.Name == "cases" {
			p.checkCases(actual(&e.Value))
			continue
		}
		v := actual(&e.Value)
		p.checkValue(param.Name, v, param.Type, nil)
		p.checkRange(param, v)
		if s, ok := v.V.(string); ok && v.State == StateKnown && (param.Name == "condition" || param.Name == "expression") {
			p.checkExpression(param.Name, v, s, param.Name == "condition")
		}
	}
	condition, cases := p.n.Params.Get("condition"), p.n.Params.Get("cases")
	switch p.n.Type.S {
	case SwitchType:
		switch {
		case condition != nil && cases != nil:
			p.report(errcatalog.DF103, "cases", cases.KeySpan, errcatalog.Details{Rule: "condition, or cases", Mended: NodeSource(without(p.n, "cases"))},
				"node %s has both condition and cases; a switch has one of them", p.nodeName())
		case condition == nil && cases == nil && !p.n.Params.Partial:
			p.missingControl("condition", `"total > 100"`)
		}
	case TransformType:
		if p.n.Params.Get("expression") == nil && !p.n.Params.Partial {
			p.missingControl("expression", `"total * 2"`)
		}
	}
}

func (p *params) missingControl(name, example string) {
	f := p.report(errcatalog.DF101, "", p.n.Type.Span, errcatalog.Details{Param: name, Type: "string", Example: example, Mended: NodeSource(withEntry(p.n, "", name, example))},
		"node %s misses the required parameter %q", p.nodeName(), name)
	f.Missing = []model.Param{*p.contract.Param(name)}
}

func (p *params) checkCases(v *Value) {
	if !p.isMap("cases", v) {
		return
	}
	if len(v.Entries) == 0 && !v.Partial {
		p.report(errcatalog.DF110, "cases", v.Span, errcatalog.Details{Value: v.GoSource()}, "node %s has no cases", p.nodeName())
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		path, x := join("cases", e.Key), actual(&e.Value)
		if e.Key == "default" {
			p.report(errcatalog.DF103, path, e.KeySpan, errcatalog.Details{Value: strconv.Quote(e.Key), Rule: "default is the output when no case holds"}, "node %s names a case \"default\", which is the output for when no case holds", p.nodeName())
			continue
		}
		p.checkValue(path, x, model.Type{Kind: model.KindString}, nil)
		if s, ok := x.V.(string); ok && x.State == StateKnown {
			p.checkExpression(path, x, s, true)
		}
	}
}

// checkExpression reports DF-716, and DF-809 for a condition that is constant.
func (p *params) checkExpression(path string, v *Value, src string, condition bool) {
	names := p.visibleNames()
	compile := expression.Compile
	if condition {
		compile = expression.CompileCondition
	}
	d := errcatalog.Details{Param: path, Value: v.GoSource(), Allowed: names}
	if _, err := compile(src, names); err != nil {
		d.Reason = err.Error()
		var ee *expression.Error
		if errors.As(err, &ee) && ee.Unknown != "" {
			d.Suggestion = errcatalog.Nearest(ee.Unknown, names)
			d.Allowed = errcatalog.SortNearest(ee.Unknown, names)
		}
		p.report(errcatalog.DF716, path, v.Span, d, "node %s: the expression %s is not valid: %v%s", p.nodeName(), v.GoSource(), err, didYouMean(d.Suggestion))
		return
	}
	if value, constant := expression.Constant(src); condition && constant {
		d.Reason = fmt.Sprintf("it is always %v", value)
		p.report(errcatalog.DF809, path, v.Span, d, "node %s: the condition %s is always %v, so a branch is never taken", p.nodeName(), v.GoSource(), value)
	}
}

// visibleNames are what the node's expressions may refer to: its inputs, and the
// nodes that are connected to it. It is nil where they cannot all be told.
func (p *params) visibleNames() []string {
	if p.mayBeFed(p.n) || p.n.Params.Partial || p.nodes[p.n.ID.S] == nil {
		return nil
	}
	names := []string{}
	add := func(name string) {
		if name != Trigger && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, e := range p.n.Params.Entries {
		if p.contract.Param(e.Key) == nil {
			add(e.Key)
		}
	}
	for _, conn := range slices.Concat(p.g.Connections, p.g.possible().Connections) {
		if !conn.To.Known || conn.To.S != p.n.ID.S {
			continue
		}
		if !conn.From.Known {
			return nil
		}
		first, _, _ := strings.Cut(conn.Input.S, ".")
		add(first)
		add(conn.From.S)
	}
	return names
}

// An IDUse is a place where an expression of a control node names another node.
type IDUse struct {
	ID     string
	Value  *Value // the expression
	Offset int    // of the id in the expression, in bytes; -1 where it is written with escapes
	Quoted bool   // it stands as $env["id"]
}

// IDUses lists where the expressions of a node name nodes that are connected to it. An
// input hides a node of the same name.
func (g *Graph) IDUses(n *Node) []IDUse {
	if n.Type.S != SwitchType && n.Type.S != TransformType {
		return nil
	}
	ids, inputs := map[string]bool{}, map[string]bool{}
	for _, c := range slices.Concat(g.Connections, g.possible().Connections) {
		if c.To.S == n.ID.S {
			first, _, _ := strings.Cut(c.Input.S, ".")
			ids[c.From.S], inputs[first] = true, true
		}
	}
	for _, e := range n.Params.Entries {
		inputs[e.Key] = true
	}
	var uses []IDUse
	for _, v := range expressionsOf(n) {
		s, ok := actual(v).V.(string)
		if !ok || actual(v).State != StateKnown {
			continue
		}
		for _, ref := range expression.References(s) {
			if ids[ref.Name] && !inputs[ref.Name] {
				uses = append(uses, IDUse{ID: ref.Name, Value: actual(v), Offset: ref.Offset, Quoted: ref.Quoted})
			}
		}
	}
	return uses
}

// expressionsOf are the expressions among the parameters of a control node.
func expressionsOf(n *Node) []*Value {
	var all []*Value
	for _, name := range []string{"condition", "expression"} {
		if e := n.Params.Get(name); e != nil {
			all = append(all, &e.Value)
		}
	}
	if e := n.Params.Get("cases"); e != nil {
		cases := actual(&e.Value)
		for i := range cases.Entries {
			all = append(all, &cases.Entries[i].Value)
		}
	}
	return all
}

// Expressions are the expressions of a control node, as far as they are known.
func (n *Node) Expressions() []string {
	var all []string
	if n.Type.S == SwitchType || n.Type.S == TransformType {
		for _, v := range expressionsOf(n) {
			if s, ok := actual(v).V.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}
