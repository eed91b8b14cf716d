package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/expression"
)

// call runs the function of a function node. A panic is DF-512, with the stack in
// the error that it wraps.
func (r *run) call(ctx context.Context, n *graph.Node, p map[string]any) (out map[string]any, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f := errcatalog.Finding{Code: errcatalog.DF512, Message: fmt.Sprintf("the function of node %q panicked: %v", n.ID.S, v), Details: r.details(n), Span: n.Call}
		f.Details.Reason = fmt.Sprint(v)
		cause := &panicError{value: v, stack: debug.Stack()}
		f.Details.Extra = []errcatalog.ContextItem{{Key: "Stack", Value: string(cause.stack)}}
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

// panicError is the value of a panic as an error.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Unwrap is the error that was thrown, if it was one.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
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
	source, program, err := compiled(p[expressionParam], env, expression.Compile)
	if err != nil {
		return nil, r.expressionError(n, expressionParam, source, err, env)
	}
	v, err := program.Run(env)
	if err != nil {
		return nil, r.evaluationError(n, expressionParam, source, err)
	}
	return map[string]any{"result": v}, nil
}

// test evaluates a condition.
func (r *run) test(n *graph.Node, param string, source any, env map[string]any) (bool, error) {
	text, program, err := compiled(source, env, expression.CompileCondition)
	if err != nil {
		return false, r.expressionError(n, param, text, err, env)
	}
	holds, err := program.Test(env)
	if err != nil {
		return false, r.evaluationError(n, param, text, err)
	}
	return holds, nil
}

// compiled compiles the text of an expression for the names of env.
func compiled(source any, env map[string]any, compile func(string, []string) (*expression.Program, error)) (string, *expression.Program, error) {
	text, ok := source.(string)
	if !ok {
		return fmt.Sprint(source), nil, fmt.Errorf("it is %T, not text", source)
	}
	program, err := compile(text, slices.Sorted(maps.Keys(env)))
	return text, program, err
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

// expressionError is DF-716: an expression that means nothing.
func (r *run) expressionError(n *graph.Node, param, source string, err error, env map[string]any) error {
	f := errcatalog.Finding{
		Code: errcatalog.DF716, Message: fmt.Sprintf("%s of node %q cannot be used: %v", param, n.ID.S, err),
		Details: r.details(n), Span: n.Call,
	}
	f.Details.Param, f.Details.Value, f.Details.Reason = param, strconv.Quote(source), err.Error()
	var ee *expression.Error
	if errors.As(err, &ee) && ee.Unknown != "" {
		f.Details.Allowed = slices.Sorted(maps.Keys(env))
		f.Details.Suggestion = errcatalog.Nearest(ee.Unknown, f.Details.Allowed)
		if s := f.Details.Suggestion; s != "" {
			f.Message += fmt.Sprintf("; did you mean %q?", s)
		}
	}
	return r.error(f, err)
}

// evaluationError is DF-501: an expression that the values do not fit.
func (r *run) evaluationError(n *graph.Node, param, source string, err error) error {
	f := errcatalog.Finding{
		Code: errcatalog.DF501, Message: fmt.Sprintf("%s of node %q failed: %v", param, n.ID.S, err),
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
