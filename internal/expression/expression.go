// Package expression compiles and runs the expressions of control nodes: a
// SwitchNode's condition and cases, a TransformNode's expression. The rules of
// package graph and the engine share it, so that an expression which the editor
// accepts is one that runs.
//
// The language is that of github.com/expr-lang/expr. Decimals (see decimal.go)
// count and compare exactly, UUIDs are text, and JSON is what it decodes to.
package expression

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// A Program is a compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	program  *vm.Program
	names    []string
	constant bool
}

// An Error says what is wrong with an expression, and where.
type Error struct {
	Message string // one line: "unknown name totl"
	// Offset and End are the part at fault, in bytes of the source. They are equal
	// where only a point is known.
	Offset, End int
	// Unknown is the name that the expression uses and nothing gives it, or "".
	Unknown string
}

func (e *Error) Error() string { return e.Message }

// Compile parses and checks an expression. names are what it may refer to; nil
// means that any name may be given at run time. The error is an *Error.
func Compile(src string, names []string) (*Program, error) { return compile(src, names) }

// CompileCondition is Compile for an expression that must yield true or false;
// one that surely yields something else is an *Error.
func CompileCondition(src string, names []string) (*Program, error) {
	if _, err := compile(src, names, expr.AsBool()); err != nil {
		return nil, err
	}
	return compile(src, names) // Test says better than the library what is no bool
}

func compile(src string, names []string, options ...expr.Option) (*Program, error) {
	tree, err := parser.Parse(src)
	if err != nil {
		return nil, newError(src, err)
	}
	free := freeNames(tree.Node)
	p := &Program{constant: len(free) == 0 && !usesClock(tree.Node)}
	for _, id := range free {
		if id.Value == wholeEnv {
			continue
		}
		if names != nil && !slices.Contains(names, id.Value) {
			at := byteOffset(src, id.Location().From)
			return nil, &Error{Message: "unknown name " + id.Value, Offset: at, End: at + len(id.Value), Unknown: id.Value}
		}
		if !slices.Contains(p.names, id.Value) {
			p.names = append(p.names, id.Value)
		}
	}
	if names == nil {
		options = append(options, expr.AllowUndefinedVariables())
	} else {
		env := types.Map{}
		for _, name := range names {
			env[name] = types.Any
		}
		options = append(options, expr.Env(env))
	}
	p.program, err = expr.Compile(src, append(options, decimals()...)...)
	if err != nil {
		return nil, newError(src, err)
	}
	return p, nil
}

// Names lists the names that the expression refers to, in order of appearance.
func (p *Program) Names() []string { return slices.Clone(p.names) }

// Run evaluates the expression. env is not changed. The error is an *Error.
func (p *Program) Run(env map[string]any) (any, error) {
	out, err := expr.Run(p.program, plain(env))
	if err != nil {
		return nil, newError(p.program.Source().String(), err)
	}
	return out, nil
}

// Test evaluates a condition. A value that is neither true nor false is an *Error.
func (p *Program) Test(env map[string]any) (bool, error) {
	out, err := p.Run(env)
	if err != nil {
		return false, err
	}
	b, ok := out.(bool)
	if !ok {
		return false, &Error{Message: fmt.Sprintf("a condition must be true or false; this one is %s", describe(out)), End: len(p.program.Source().String())}
	}
	return b, nil
}

// Constant evaluates an expression that always has the same value; ok is false
// for one that depends on a name or on the time, and for one that is not valid.
func Constant(src string) (value any, ok bool) {
	p, err := Compile(src, []string{})
	if err != nil || !p.constant {
		return nil, false
	}
	value, err = p.Run(nil)
	return value, err == nil
}

// wholeEnv is the name under which an expression reaches names that are no
// identifiers: $env["create-order"].id.
const wholeEnv = "$env"

// freeNames returns the identifiers that no `let` of the expression declares.
func freeNames(root ast.Node) []*ast.IdentifierNode {
	v := &names{}
	ast.Walk(&root, v)
	return slices.DeleteFunc(v.used, func(id *ast.IdentifierNode) bool { return slices.Contains(v.declared, id.Value) })
}

type names struct {
	used     []*ast.IdentifierNode
	declared []string
}

func (v *names) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.used = append(v.used, n)
	case *ast.VariableDeclaratorNode:
		v.declared = append(v.declared, n.Name)
	}
}

// A Reference is one place where an expression refers to a name.
type Reference struct {
	Name   string
	Offset int  // of the name in the source, in bytes
	Quoted bool // it stands as $env["name"], so that any text will do
}

// References lists where an expression refers to names, in order. It is nil for a source
// that does not parse.
func References(src string) []Reference {
	tree, err := parser.Parse(src)
	if err != nil {
		return nil
	}
	var refs []Reference
	for _, id := range freeNames(tree.Node) {
		if id.Value != wholeEnv {
			refs = append(refs, Reference{Name: id.Value, Offset: byteOffset(src, id.Location().From)})
		}
	}
	ast.Walk(&tree.Node, visitor(func(node *ast.Node) {
		member, ok := (*node).(*ast.MemberNode)
		if !ok {
			return
		}
		name, isString := member.Property.(*ast.StringNode)
		if env, ok := member.Node.(*ast.IdentifierNode); ok && isString && env.Value == wholeEnv {
			// A plain name in quotes stands as it is; any other is found nowhere.
			at := byteOffset(src, name.Location().From)
			if at+1+len(name.Value) < len(src) && src[at+1:at+1+len(name.Value)] == name.Value {
				refs = append(refs, Reference{Name: name.Value, Offset: at + 1, Quoted: true})
			} else {
				refs = append(refs, Reference{Name: name.Value, Offset: -1, Quoted: true})
			}
		}
	}))
	slices.SortStableFunc(refs, func(a, b Reference) int { return cmp.Compare(a.Offset, b.Offset) })
	return refs
}

// usesClock reports whether the expression asks for the time.
func usesClock(root ast.Node) bool {
	found := false
	ast.Walk(&root, visitor(func(node *ast.Node) {
		if n, ok := (*node).(*ast.BuiltinNode); ok && n.Name == "now" {
			found = true
		}
	}))
	return found
}

type visitor func(*ast.Node)

func (v visitor) Visit(node *ast.Node) { v(node) }

// newError takes the place out of the library's error.
func newError(src string, err error) *Error {
	var at *file.Error
	if !errors.As(err, &at) {
		return &Error{Message: err.Error(), End: len(src)}
	}
	return &Error{Message: at.Message, Offset: byteOffset(src, at.From), End: byteOffset(src, max(at.From, at.To))}
}

// byteOffset turns an offset in runes into one in bytes.
func byteOffset(src string, runes int) int {
	n := 0
	for ; runes > 0 && n < len(src); runes-- {
		_, size := utf8.DecodeRuneInString(src[n:])
		n += size
	}
	return n
}

func describe(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprintf("%v (%T)", v, v)
}
