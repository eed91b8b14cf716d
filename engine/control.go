package engine

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/expression"
)

// call runs the function of a function node. A panic is DF-512, with the user's
// part of the stack.
func (r *run) call(ctx context.Context, n *graph.Node, p map[string]any) (out map[string]any, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f := errcatalog.Finding{Code: errcatalog.DF512, Message: fmt.Sprintf("the function of node %q panicked: %v", n.ID.S, v), Details: r.details(n), Span: n.Call}
		f.Details.Reason = fmt.Sprint(v)
		f.Details.Extra = []errcatalog.ContextItem{{Key: "Stack", Value: panicStack()}}
		cause, _ := v.(error)
		out, err = nil, r.error(f, cause)
	}()
	out, err = n.Func(ctx, p)
	if err != nil {
		if ctx.Err() != nil && isContextError(err) {
			return nil, err
		}
		return nil, r.errored(n, err)
	}
	return out, nil
}

// panicStack lists the calls between the panic that is being recovered from and
// the function node's function, one "function (file:line)" a line.
func panicStack() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var lines []string
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case strings.HasSuffix(f.Function, "engine.(*run).call"):
			more = false
		case panicked && (len(lines) > 0 || !strings.HasPrefix(f.Function, "runtime.")):
			lines = append(lines, fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
		}
		if !more {
			return strings.Join(lines, "\n")
		}
	}
}

// What the parameters of control nodes are called that are no inputs.
const (
	conditionParam  = "condition"
	casesParam      = "cases"
	modeParam       = "mode"
	expressionParam = "expression"

	trueOutput    = "true_output"
	falseOutput   = "false_output"
	defaultOutput = "default"
)

// branch runs a SwitchNode: the output taken is the only one that it has.
func (r *run) branch(n *graph.Node, i int, p map[string]any) (map[string]any, error) {
	inputs := without(p, conditionParam, casesParam)
	env := r.env(i, inputs)
	taken := defaultOutput
	if source, ok := p[conditionParam]; ok {
		holds, err := r.test(n, conditionParam, source, env)
		if err != nil {
			return nil, err
		}
		if taken = falseOutput; holds {
			taken = trueOutput
		}
	} else {
		for _, c := range casesOf(p[casesParam]) {
			holds, err := r.test(n, casesParam+"."+c.name, c.condition, env)
			if err != nil {
				return nil, err
			}
			if holds {
				taken = c.name
				break
			}
		}
	}
	if v, ok := inputs["input"]; ok {
		return map[string]any{taken: v}, nil
	}
	return map[string]any{taken: inputs}, nil
}

type switchCase struct {
	name      string
	condition any
}

// casesOf lists the cases in the order in which they are tried: by name, because
// a Go map has no order.
func casesOf(v any) []switchCase {
	conditions, _ := own(v).(map[string]any)
	cases := make([]switchCase, 0, len(conditions))
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		cases = append(cases, switchCase{name, conditions[name]})
	}
	return cases
}

// merge runs a MergeNode on the inputs that came.
func (r *run) merge(i int, p map[string]any) map[string]any {
	inputs := without(p, modeParam)
	if p[modeParam] == "all" {
		return map[string]any{"values": inputs}
	}
	for _, c := range r.edges[i].connections {
		if v, ok := inputs[segments(c.Input.S)[0]]; ok {
			return map[string]any{"value": v}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		return map[string]any{"value": inputs[name]}
	}
	return map[string]any{"value": nil}
}

// mergeLiterals are the inputs of a MergeNode that no connection feeds.
func mergeLiterals(n *graph.Node) []string {
	var names []string
	for _, e := range n.Params.Entries {
		if n.Type.S == graph.MergeType && e.Key != modeParam {
			names = append(names, e.Key)
		}
	}
	return names
}

// transform runs a TransformNode.
func (r *run) transform(n *graph.Node, i int, p map[string]any) (map[string]any, error) {
	env := r.env(i, without(p, expressionParam))
	source, _ := p[expressionParam].(string)
	program, err := expression.Compile(source, slices.Sorted(maps.Keys(env)))
	if err != nil {
		return nil, r.expressionError(errcatalog.DF716, n, expressionParam, source, err)
	}
	v, err := program.Run(env)
	if err != nil {
		return nil, r.expressionError(errcatalog.DF501, n, expressionParam, source, err)
	}
	return map[string]any{"result": v}, nil
}

// test evaluates a condition.
func (r *run) test(n *graph.Node, param string, condition any, env map[string]any) (bool, error) {
	source, _ := condition.(string)
	program, err := expression.CompileCondition(source, slices.Sorted(maps.Keys(env)))
	if err != nil {
		return false, r.expressionError(errcatalog.DF716, n, param, source, err)
	}
	holds, err := program.Test(env)
	if err != nil {
		return false, r.expressionError(errcatalog.DF501, n, param, source, err)
	}
	return holds, nil
}

// env is what an expression sees: the node's inputs by name, and the outputs of
// each connected node under its id. An input hides a node of the same name.
func (r *run) env(i int, inputs map[string]any) map[string]any {
	env := map[string]any{}
	for _, c := range r.edges[i].connections {
		if r.carries(c) {
			env[c.From.S] = r.states[r.index[c.From.S]].outputs
		}
	}
	maps.Copy(env, inputs)
	return env
}

// expressionError is DF-716 for an expression that means nothing, which the rules
// find before a run, and DF-501 for one that the values do not fit.
func (r *run) expressionError(code errcatalog.Code, n *graph.Node, param, source string, err error) error {
	f := errcatalog.Finding{
		Code: code, Message: fmt.Sprintf("%s of node %q failed: %v", param, n.ID.S, err),
		Details: r.details(n), Span: n.Call,
	}
	f.Details.Param, f.Details.Value, f.Details.Reason = param, strconv.Quote(source), err.Error()
	return r.error(f, err)
}

// without is p without some of its entries.
func without(p map[string]any, names ...string) map[string]any {
	out := maps.Clone(p)
	for _, name := range names {
		delete(out, name)
	}
	return out
}
