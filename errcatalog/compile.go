package errcatalog

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"text/template/parse"
)

// Package text/template calls every function by reflection, which costs more than
// all the rest of an error. A template that keeps to what the catalogue needs
// (fields of Details, if, with, the functions, or, and, not, eq, ne, printf) is
// therefore compiled into closures. Any other is executed by text/template, and a
// test holds the two against each other.

// scope is what a template sees: the details as $, and the dot.
type scope struct {
	details *Details
	dot     any
}

type (
	statement  func(b *bytes.Buffer, s scope)
	expression func(s scope) any
)

var errNotCompiled = errors.New("left to text/template")

func compileList(l *parse.ListNode) (statement, error) {
	if l == nil {
		return func(*bytes.Buffer, scope) {}, nil
	}
	var parts []statement
	for _, n := range l.Nodes {
		p, err := compileNode(n)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return func(b *bytes.Buffer, s scope) {
		for _, p := range parts {
			p(b, s)
		}
	}, nil
}

func compileNode(n parse.Node) (statement, error) {
	switch n := n.(type) {
	case *parse.TextNode:
		return func(b *bytes.Buffer, _ scope) { b.Write(n.Text) }, nil
	case *parse.ActionNode:
		e, err := compilePipe(n.Pipe)
		if err != nil {
			return nil, err
		}
		return func(b *bytes.Buffer, s scope) {
			if text, ok := e(s).(string); ok {
				b.WriteString(text)
			} else {
				panic(errNotCompiled)
			}
		}, nil
	case *parse.IfNode:
		return compileBranch(&n.BranchNode, false)
	case *parse.WithNode:
		return compileBranch(&n.BranchNode, true)
	}
	return nil, errNotCompiled
}

func compileBranch(n *parse.BranchNode, with bool) (statement, error) {
	condition, err := compilePipe(n.Pipe)
	if err != nil {
		return nil, err
	}
	then, err := compileList(n.List)
	if err != nil {
		return nil, err
	}
	otherwise, err := compileList(n.ElseList)
	if err != nil {
		return nil, err
	}
	return func(b *bytes.Buffer, s scope) {
		v := condition(s)
		if !truth(v) {
			otherwise(b, s)
			return
		}
		if with {
			s.dot = v
		}
		then(b, s)
	}, nil
}

func compilePipe(p *parse.PipeNode) (expression, error) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return nil, errNotCompiled
	}
	args := p.Cmds[0].Args
	if name, ok := args[0].(*parse.IdentifierNode); ok {
		return compileCall(name.Ident, args[1:])
	}
	if len(args) != 1 {
		return nil, errNotCompiled
	}
	return compileArg(args[0])
}

func compileArg(n parse.Node) (expression, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return func(s scope) any { return s.dot }, nil
	case *parse.StringNode:
		var v any = n.Text
		return func(scope) any { return v }, nil
	case *parse.PipeNode:
		return compilePipe(n)
	case *parse.FieldNode:
		if len(n.Ident) == 1 {
			return compileField(n.Ident[0], false)
		}
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) == 2 {
			return compileField(n.Ident[1], true)
		}
		if n.Ident[0] == "$" && len(n.Ident) == 1 {
			return func(s scope) any { return s.details }, nil
		}
	case *parse.IdentifierNode:
		return compileCall(n.Ident, nil)
	}
	return nil, errNotCompiled
}

// compileField reads a field of the details: of the dot, which must be them, or
// of $.
func compileField(name string, root bool) (expression, error) {
	f, ok := reflect.TypeFor[Details]().FieldByName(name)
	if !ok {
		return nil, errNotCompiled
	}
	i := f.Index[0]
	switch f.Type {
	case reflect.TypeFor[string](), reflect.TypeFor[[]string]():
	default:
		return nil, errNotCompiled
	}
	return func(s scope) any {
		d := s.details
		if !root {
			d = s.dot.(*Details)
		}
		v := reflect.ValueOf(d).Elem().Field(i)
		if v.Kind() == reflect.String {
			return v.String()
		}
		return *v.Addr().Interface().(*[]string)
	}, nil
}

func compileCall(name string, nodes []parse.Node) (expression, error) {
	args := make([]expression, len(nodes))
	for i, n := range nodes {
		a, err := compileArg(n)
		if err != nil {
			return nil, err
		}
		args[i] = a
	}
	n := len(args)
	// str and det panic where text/template would fail; fill then takes its word.
	str := func(s scope, i int) string { return args[i](s).(string) }
	det := func(s scope) *Details { return args[0](s).(*Details) }
	list := func(s scope) []string { return args[0](s).([]string) }
	switch f := functions[name].(type) {
	case func(*Details) string:
		if n == 1 {
			return func(s scope) any { return f(det(s)) }, nil
		}
	case func(*Details, string) string:
		if n == 2 {
			return func(s scope) any { return f(det(s), str(s, 1)) }, nil
		}
	case func(*Details, string, string) string:
		if n == 3 {
			return func(s scope) any { return f(det(s), str(s, 1), str(s, 2)) }, nil
		}
	case func(*Details, ...string) string:
		if n == 2 {
			return func(s scope) any { return f(det(s), str(s, 1)) }, nil
		}
	case func(string) string:
		if n == 1 {
			return func(s scope) any { return f(str(s, 0)) }, nil
		}
	case func(string) bool:
		if n == 1 {
			return func(s scope) any { return f(str(s, 0)) }, nil
		}
	case func(string, string) string:
		if n == 2 {
			return func(s scope) any { return f(str(s, 0), str(s, 1)) }, nil
		}
	case func(string, string, string, string) string:
		if n == 4 {
			return func(s scope) any { return f(str(s, 0), str(s, 1), str(s, 2), str(s, 3)) }, nil
		}
	case func([]string) string:
		if n == 1 {
			return func(s scope) any { return f(list(s)) }, nil
		}
	case func([]string, string) string:
		if n == 2 {
			return func(s scope) any { return f(list(s), str(s, 1)) }, nil
		}
	case nil:
		return compileBuiltin(name, args)
	}
	return nil, errNotCompiled
}

func compileBuiltin(name string, args []expression) (expression, error) {
	if len(args) == 0 {
		return nil, errNotCompiled
	}
	switch name {
	case "or", "and":
		return func(s scope) any {
			var v any
			for _, a := range args {
				if v = a(s); truth(v) == (name == "or") {
					break
				}
			}
			return v
		}, nil
	case "not":
		return func(s scope) any { return !truth(args[0](s)) }, nil
	case "eq", "ne":
		return func(s scope) any {
			v, equal := args[0](s).(string), false
			for _, a := range args[1:] {
				equal = equal || v == a(s).(string)
			}
			return equal == (name == "eq")
		}, nil
	case "printf":
		return func(s scope) any {
			values := make([]any, len(args))
			for i, a := range args {
				values[i] = a(s)
			}
			return fmt.Sprintf(values[0].(string), values[1:]...)
		}, nil
	}
	return nil, errNotCompiled
}

// truth is that of text/template: what is not empty holds.
func truth(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case bool:
		return v
	case []string:
		return len(v) > 0
	}
	panic(errNotCompiled)
}
