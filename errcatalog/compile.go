package errcatalog

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/template/parse"
)

// Package text/template calls every function by reflection, which costs more than
// all the rest of an error. A template that keeps to what the catalogue needs
// (fields of Details, if, with, the functions, or, and, not, eq, ne, printf) is
// therefore compiled into closures that are typed, so that no value is boxed. Any
// other is executed by text/template, and a test holds the two against each other.

// scope is what a template sees: the details as $, and the dot, which is the
// details too outside with.
type scope struct {
	details *Details
	text    string   // the dot in a with over text
	list    []string // the dot in a with over a list
}

type (
	statement func(b []byte, s *scope) []byte
	textOf    func(s *scope) string
	listOf    func(s *scope) []string
	truthOf   func(s *scope) bool
)

// kind is the static type of an operand.
type kind int

const (
	kindTruth   kind = iota // known to be true or false only
	kindText                // string
	kindList                // []string
	kindDetails             // *Details
)

// An operand is a compiled expression. Which of text and list is set follows from
// kind; truth is always set.
type operand struct {
	kind  kind
	text  textOf
	list  listOf
	truth truthOf
	emit  statement // appends the text without making a string of it; may be nil

	literal string // the text, where the template holds it
}

var errNotCompiled = errors.New("left to text/template")

// truth is that of text/template: what is not empty holds.
func textOperand(f textOf) operand {
	return operand{kind: kindText, text: f, truth: func(s *scope) bool { return f(s) != "" }}
}

func listOperand(f listOf) operand {
	return operand{kind: kindList, list: f, truth: func(s *scope) bool { return len(f(s)) > 0 }}
}

func truthOperand(f truthOf) operand { return operand{kind: kindTruth, truth: f} }

func compileList(l *parse.ListNode, dot kind) (statement, error) {
	if l == nil {
		return func(b []byte, _ *scope) []byte { return b }, nil
	}
	parts := make([]statement, len(l.Nodes))
	for i, n := range l.Nodes {
		p, err := compileNode(n, dot)
		if err != nil {
			return nil, err
		}
		parts[i] = p
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return func(b []byte, s *scope) []byte {
		for _, p := range parts {
			b = p(b, s)
		}
		return b
	}, nil
}

func compileNode(n parse.Node, dot kind) (statement, error) {
	switch n := n.(type) {
	case *parse.TextNode:
		return func(b []byte, _ *scope) []byte { return append(b, n.Text...) }, nil
	case *parse.ActionNode:
		o, err := compilePipe(n.Pipe, dot)
		if err != nil {
			return nil, err
		}
		if o.kind != kindText {
			return nil, errNotCompiled
		}
		return o.append(), nil
	case *parse.IfNode:
		return compileBranch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return compileBranch(&n.BranchNode, dot, true)
	}
	return nil, errNotCompiled
}

// append is the statement that writes the operand, a text.
func (o operand) append() statement {
	if o.emit != nil {
		return o.emit
	}
	return func(b []byte, s *scope) []byte { return append(b, o.text(s)...) }
}

func compileBranch(n *parse.BranchNode, dot kind, with bool) (statement, error) {
	condition, err := compilePipe(n.Pipe, dot)
	if err != nil {
		return nil, err
	}
	inner := dot
	if with {
		if inner = condition.kind; inner != kindText && inner != kindList {
			return nil, errNotCompiled
		}
	}
	then, err := compileList(n.List, inner)
	if err != nil {
		return nil, err
	}
	otherwise, err := compileList(n.ElseList, dot)
	if err != nil {
		return nil, err
	}
	if with {
		return compileWith(condition, then, otherwise), nil
	}
	return func(b []byte, s *scope) []byte {
		if condition.truth(s) {
			return then(b, s)
		}
		return otherwise(b, s)
	}, nil
}

// compileWith sets the dot for then, and puts it back.
func compileWith(o operand, then, otherwise statement) statement {
	if o.kind == kindList {
		return func(b []byte, s *scope) []byte {
			v := o.list(s)
			if len(v) == 0 {
				return otherwise(b, s)
			}
			outer := s.list
			s.list = v
			b = then(b, s)
			s.list = outer
			return b
		}
	}
	return func(b []byte, s *scope) []byte {
		v := o.text(s)
		if v == "" {
			return otherwise(b, s)
		}
		outer := s.text
		s.text = v
		b = then(b, s)
		s.text = outer
		return b
	}
}

func compilePipe(p *parse.PipeNode, dot kind) (operand, error) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return operand{}, errNotCompiled
	}
	args := p.Cmds[0].Args
	if name, ok := args[0].(*parse.IdentifierNode); ok {
		return compileCall(name.Ident, args[1:], dot)
	}
	if len(args) != 1 {
		return operand{}, errNotCompiled
	}
	return compileArg(args[0], dot)
}

func compileArg(n parse.Node, dot kind) (operand, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		switch dot {
		case kindText:
			return textOperand(func(s *scope) string { return s.text }), nil
		case kindList:
			return listOperand(func(s *scope) []string { return s.list }), nil
		}
		return operand{kind: kindDetails, truth: always}, nil
	case *parse.StringNode:
		o := textOperand(func(*scope) string { return n.Text })
		o.literal = n.Text
		return o, nil
	case *parse.PipeNode:
		return compilePipe(n, dot)
	case *parse.FieldNode:
		if len(n.Ident) == 1 && dot == kindDetails {
			return compileField(n.Ident[0])
		}
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) == 2 {
			return compileField(n.Ident[1])
		}
		if n.Ident[0] == "$" && len(n.Ident) == 1 {
			return operand{kind: kindDetails, truth: always}, nil
		}
	case *parse.IdentifierNode:
		return compileCall(n.Ident, nil, dot)
	}
	return operand{}, errNotCompiled
}

func always(*scope) bool { return true }

// compileField reads a field of the details.
func compileField(name string) (operand, error) {
	f, ok := reflect.TypeFor[Details]().FieldByName(name)
	if !ok {
		return operand{}, errNotCompiled
	}
	i := f.Index[0]
	switch f.Type {
	case reflect.TypeFor[string]():
		return textOperand(func(s *scope) string { return reflect.ValueOf(s.details).Elem().Field(i).String() }), nil
	case reflect.TypeFor[[]string]():
		return listOperand(func(s *scope) []string {
			return *reflect.ValueOf(s.details).Elem().Field(i).Addr().Interface().(*[]string)
		}), nil
	}
	return operand{}, errNotCompiled
}

func compileArgs(nodes []parse.Node, dot kind) ([]operand, error) {
	args := make([]operand, len(nodes))
	for i, n := range nodes {
		a, err := compileArg(n, dot)
		if err != nil {
			return nil, err
		}
		args[i] = a
	}
	return args, nil
}

// are reports whether the operands are of these kinds.
func are(args []operand, kinds ...kind) bool {
	if len(args) != len(kinds) {
		return false
	}
	for i, a := range args {
		if a.kind != kinds[i] {
			return false
		}
	}
	return true
}

func compileCall(name string, nodes []parse.Node, dot kind) (operand, error) {
	args, err := compileArgs(nodes, dot)
	if err != nil {
		return operand{}, err
	}
	if name == "quote" && are(args, kindText) {
		return quoteOperand(args[0].text), nil
	}
	switch f := functions[name].(type) {
	case func(*Details) string:
		if are(args, kindDetails) {
			return textOperand(func(s *scope) string { return f(s.details) }), nil
		}
	case func(*Details, string) string:
		if are(args, kindDetails, kindText) {
			return textOperand(func(s *scope) string { return f(s.details, args[1].text(s)) }), nil
		}
	case func(*Details, string, string) string:
		if are(args, kindDetails, kindText, kindText) {
			return textOperand(func(s *scope) string { return f(s.details, args[1].text(s), args[2].text(s)) }), nil
		}
	case func(*Details, ...string) string:
		if are(args, kindDetails, kindText) {
			return textOperand(func(s *scope) string { return f(s.details, args[1].text(s)) }), nil
		}
	case func(string) string:
		if are(args, kindText) {
			return textOperand(func(s *scope) string { return f(args[0].text(s)) }), nil
		}
	case func(string) bool:
		if are(args, kindText) {
			return truthOperand(func(s *scope) bool { return f(args[0].text(s)) }), nil
		}
	case func(string, string) string:
		if are(args, kindText, kindText) {
			return textOperand(func(s *scope) string { return f(args[0].text(s), args[1].text(s)) }), nil
		}
	case func(string, string, string, string) string:
		if are(args, kindText, kindText, kindText, kindText) {
			return textOperand(func(s *scope) string {
				return f(args[0].text(s), args[1].text(s), args[2].text(s), args[3].text(s))
			}), nil
		}
	case func([]string) string:
		if are(args, kindList) {
			return textOperand(func(s *scope) string { return f(args[0].list(s)) }), nil
		}
	case func([]string, string) string:
		if are(args, kindList, kindText) {
			return textOperand(func(s *scope) string { return f(args[0].list(s), args[1].text(s)) }), nil
		}
	case nil:
		return compileBuiltin(name, args)
	}
	return operand{}, errNotCompiled
}

func quoteOperand(f textOf) operand {
	o := textOperand(func(s *scope) string { return strconv.Quote(f(s)) })
	o.emit = func(b []byte, s *scope) []byte { return strconv.AppendQuote(b, f(s)) }
	return o
}

func compileBuiltin(name string, args []operand) (operand, error) {
	if len(args) == 0 {
		return operand{}, errNotCompiled
	}
	switch name {
	case "or", "and":
		return compileEither(args, name == "or"), nil
	case "not":
		if len(args) == 1 {
			return truthOperand(func(s *scope) bool { return !args[0].truth(s) }), nil
		}
	case "eq", "ne":
		return compileEqual(args, name == "eq")
	case "printf":
		return compilePrintf(args)
	}
	return operand{}, errNotCompiled
}

// compileEither is or, which yields its first operand that holds, and and, which
// yields its first that does not; the last if there is none.
func compileEither(args []operand, or bool) operand {
	o := truthOperand(func(s *scope) bool {
		for _, a := range args {
			if a.truth(s) == or {
				return or
			}
		}
		return !or
	})
	for _, a := range args {
		if a.kind != kindText {
			return o
		}
	}
	o.kind = kindText
	o.text = func(s *scope) (v string) {
		for _, a := range args {
			if v = a.text(s); (v != "") == or {
				break
			}
		}
		return v
	}
	return o
}

func compileEqual(args []operand, want bool) (operand, error) {
	if len(args) < 2 || !want && len(args) != 2 {
		return operand{}, errNotCompiled
	}
	for _, a := range args {
		if a.kind != kindText {
			return operand{}, errNotCompiled
		}
	}
	return truthOperand(func(s *scope) bool {
		v := args[0].text(s)
		for _, a := range args[1:] {
			if v == a.text(s) {
				return want
			}
		}
		return !want
	}), nil
}

// compilePrintf formats texts. A format of %s alone is put together without fmt.
func compilePrintf(args []operand) (operand, error) {
	for _, a := range args {
		if a.kind != kindText {
			return operand{}, errNotCompiled
		}
	}
	pieces := strings.Split(args[0].literal, "%s")
	if args[0].literal == "" || len(pieces) != len(args) || strings.Contains(strings.Join(pieces, ""), "%") {
		return textOperand(func(s *scope) string {
			values := make([]any, len(args)-1)
			for i, a := range args[1:] {
				values[i] = a.text(s)
			}
			return fmt.Sprintf(args[0].text(s), values...)
		}), nil
	}
	emit := func(b []byte, s *scope) []byte {
		b = append(b, pieces[0]...)
		for i, a := range args[1:] {
			b = append(append(b, a.text(s)...), pieces[i+1]...)
		}
		return b
	}
	o := textOperand(func(s *scope) string {
		var room [128]byte
		return string(emit(room[:0], s))
	})
	o.emit = emit
	return o, nil
}
