package expression

import (
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
	"github.com/shopspring/decimal"
)

// The language has no decimals, and a price that is counted as a float64 is
// wrong by a cent. So an operator whose operands may be decimals (their types are
// known only when the expression runs) becomes a call of a function that counts
// decimals exactly and leaves all else to the language. The functions' names
// cannot be written in an expression.

func decimals() []expr.Option {
	options := []expr.Option{expr.Patch(visitor(sumByOperator)), expr.Patch(visitor(operatorByCall))}
	for op, f := range arithmetic {
		options = append(options, expr.Function(op, binary(f), new(func(any, any) any)))
	}
	for op, f := range comparisons {
		options = append(options, expr.Function(op, binary(f), new(func(any, any) bool)))
	}
	return append(options, expr.Function(negate, func(p ...any) (any, error) {
		if d, ok := p[0].(decimal.Decimal); ok {
			return d.Neg(), nil
		}
		return runtime.Negate(p[0]), nil
	}, new(func(any) any)))
}

const negate = "neg-"

type operator struct {
	exact func(a, b decimal.Decimal) any
	plain func(a, b any) any
}

var arithmetic = map[string]operator{
	"+": {func(a, b decimal.Decimal) any { return a.Add(b) }, runtime.Add},
	"-": {func(a, b decimal.Decimal) any { return a.Sub(b) }, runtime.Subtract},
	"*": {func(a, b decimal.Decimal) any { return a.Mul(b) }, runtime.Multiply},
	"/": {func(a, b decimal.Decimal) any { return a.Div(b) }, func(a, b any) any { return runtime.Divide(a, b) }},
}

var comparisons = map[string]operator{
	"==": {func(a, b decimal.Decimal) any { return a.Equal(b) }, func(a, b any) any { return runtime.Equal(a, b) }},
	"!=": {func(a, b decimal.Decimal) any { return !a.Equal(b) }, func(a, b any) any { return !runtime.Equal(a, b) }},
	"<":  {func(a, b decimal.Decimal) any { return a.LessThan(b) }, func(a, b any) any { return runtime.Less(a, b) }},
	"<=": {func(a, b decimal.Decimal) any { return a.LessThanOrEqual(b) }, func(a, b any) any { return runtime.LessOrEqual(a, b) }},
	">":  {func(a, b decimal.Decimal) any { return a.GreaterThan(b) }, func(a, b any) any { return runtime.More(a, b) }},
	">=": {func(a, b decimal.Decimal) any { return a.GreaterThanOrEqual(b) }, func(a, b any) any { return runtime.MoreOrEqual(a, b) }},
}

// binary is the function behind an operator: exact where one operand is a
// decimal and the other a number.
func binary(op operator) func(...any) (any, error) {
	return func(p ...any) (any, error) {
		_, left := p[0].(decimal.Decimal)
		_, right := p[1].(decimal.Decimal)
		if left || right {
			a, aok := toDecimal(p[0])
			b, bok := toDecimal(p[1])
			if aok && bok {
				return op.exact(a, b), nil
			}
		}
		return op.plain(p[0], p[1]), nil
	}
}

func toDecimal(v any) (decimal.Decimal, bool) {
	if d, ok := v.(decimal.Decimal); ok {
		return d, true
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return decimal.NewFromInt(rv.Int()), true
	case rv.CanUint():
		return decimal.NewFromUint64(rv.Uint()), true
	case rv.CanFloat():
		return decimal.NewFromFloat(rv.Float()), true
	}
	return decimal.Decimal{}, false
}

// operatorByCall turns an operator with an operand of unknown type into a call.
func operatorByCall(node *ast.Node) {
	call := func(name string, arguments ...ast.Node) {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments})
	}
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		_, counts := arithmetic[n.Operator]
		_, compares := comparisons[n.Operator]
		if (counts || compares) && (unknown(n.Left) || unknown(n.Right)) {
			call(n.Operator, n.Left, n.Right)
		}
	case *ast.UnaryNode:
		if n.Operator == "-" && unknown(n.Node) {
			call(negate, n.Node)
		}
	}
}

// sumByOperator writes sum(list, value) as a reduce with the operator +, so that
// it too may add decimals.
func sumByOperator(node *ast.Node) {
	n, ok := (*node).(*ast.BuiltinNode)
	if !ok || n.Name != "sum" || len(n.Arguments) == 0 {
		return
	}
	var value ast.Node = &ast.PointerNode{}
	if len(n.Arguments) == 2 {
		predicate, ok := n.Arguments[1].(*ast.PredicateNode)
		if !ok {
			return
		}
		value = predicate.Node
	}
	add := &ast.BinaryNode{Operator: "+", Left: &ast.PointerNode{Name: "acc"}, Right: value}
	ast.Patch(node, &ast.BuiltinNode{Name: "reduce", Arguments: []ast.Node{
		n.Arguments[0], &ast.PredicateNode{Node: add}, &ast.IntegerNode{Value: 0},
	}})
}

func unknown(n ast.Node) bool {
	t := n.Type()
	return t == nil || t.Kind() == reflect.Interface
}
