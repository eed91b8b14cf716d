package analysis

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

func unaryOp(op token.Token, c constant.Value) (out constant.Value) {
	defer func() {
		if recover() != nil { // an operator that the kind does not have: broken code
			out = nil
		}
	}()
	return constant.UnaryOp(op, c, 0)
}

func (f *frame) binary(e *ast.BinaryExpr) value {
	x := f.eval(e.X)
	if e.Op == token.LAND || e.Op == token.LOR {
		if b, known := truth(x); known {
			if b == (e.Op == token.LOR) {
				return x
			}
			return f.eval(e.Y)
		}
		after := f.branch(func() { f.eval(e.Y) })
		f.join(f.x.st, after)
		return value{}
	}
	return f.arith(e, e.Op, x, f.eval(e.Y))
}

// arith computes an operation on values that are known.
func (f *frame) arith(e ast.Node, op token.Token, x, y value) value {
	switch op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return f.compare(op, x, y)
	case token.SHL, token.SHR, token.AND_NOT, token.AND, token.OR, token.XOR:
		return value{}
	}
	a, okA := constantOf(x)
	b, okB := constantOf(y)
	if !okA || !okB {
		return value{}
	}
	var t types.Type
	switch e := e.(type) {
	case ast.Expr:
		t = f.u.info.Types[e].Type
	case *ast.AssignStmt:
		t = f.u.info.Types[e.Lhs[0]].Type
	case *ast.IncDecStmt:
		t = f.u.info.Types[e.X].Type
	}
	return f.fromConstant(binaryOp(a, op, b), t)
}

func binaryOp(a constant.Value, op token.Token, b constant.Value) (out constant.Value) {
	defer func() {
		if recover() != nil { // mismatched operands: broken code
			out = nil
		}
	}()
	if a.Kind() == constant.Int && b.Kind() == constant.Int && (op == token.QUO || op == token.REM) {
		if constant.Sign(b) == 0 {
			return nil
		}
		if op == token.QUO {
			op = token.QUO_ASSIGN // integer division
		}
	}
	return constant.BinaryOp(a, op, b)
}

func (f *frame) compare(op token.Token, x, y value) value {
	var holds bool
	switch a, okA := constantOf(x); {
	case okA:
		b, okB := constantOf(y)
		if !okB || a.Kind() != b.Kind() || x.known.GoType != y.known.GoType { // as any, they differ
			return value{}
		}
		holds = constant.Compare(a, op, b)
	case x.isNil() && y.isNil() && (op == token.EQL || op == token.NEQ):
		holds = op == token.EQL
	case (op == token.EQL || op == token.NEQ) && (x.isNil() && y.obj != nil && y.ptr || y.isNil() && x.obj != nil && x.ptr):
		holds = op == token.NEQ
	default:
		return value{}
	}
	return value{known: graph.Value{State: graph.StateKnown, V: holds, GoType: "bool", Type: model.Type{Kind: model.KindBool}}}
}

// one is what ++ and -- add.
var one = value{known: graph.Value{State: graph.StateKnown, V: int64(1), GoType: "int"}}

// constantOf is a scalar that is known as a constant.
func constantOf(v value) (constant.Value, bool) {
	if !v.plain() || v.known.State != graph.StateKnown {
		return nil, false
	}
	switch x := v.known.V.(type) {
	case bool:
		return constant.MakeBool(x), true
	case string:
		return constant.MakeString(x), true
	case int64:
		return constant.MakeInt64(x), true
	case uint64:
		return constant.MakeUint64(x), true
	case float64:
		return constant.MakeFloat64(x), true
	}
	return nil, false
}

// maxText bounds the text that is computed.
const maxText = 1 << 12

// fromConstant is a result of type t: unknown where it does not fit, as it may wrap.
func (f *frame) fromConstant(c constant.Value, t types.Type) value {
	if c == nil || t == nil || c.Kind() == constant.Unknown {
		return value{}
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return value{}
	}
	v := graph.Value{State: graph.StateKnown, GoType: goType(t)}
	v.Type, _ = model.TypeOf(t)
	switch info := b.Info(); {
	case info&types.IsString != 0 && c.Kind() == constant.String:
		s := constant.StringVal(c)
		if len(s) > maxText {
			return value{}
		}
		v.V = s
	case info&types.IsBoolean != 0 && c.Kind() == constant.Bool:
		v.V = constant.BoolVal(c)
	case info&types.IsInteger != 0 && c.Kind() == constant.Int:
		i, exact := constant.Int64Val(c)
		if !exact || !fits(b.Kind(), i) {
			return value{}
		}
		v.V = i
	default:
		return value{}
	}
	return value{known: v}
}

// fits reports whether an integer kind holds i on every platform.
func fits(k types.BasicKind, i int64) bool {
	bits := map[types.BasicKind]uint{types.Int8: 7, types.Int16: 15, types.Int32: 31, types.Int: 31, types.Int64: 63, types.UntypedInt: 31, types.UntypedRune: 31}
	if n, signed := bits[k]; signed {
		return n == 63 || i >= -1<<n && i < 1<<n
	}
	bits = map[types.BasicKind]uint{types.Uint8: 8, types.Uint16: 16, types.Uint32: 32, types.Uint: 32, types.Uintptr: 32, types.Uint64: 63}
	n, ok := bits[k]
	return ok && i >= 0 && (n == 63 || i < 1<<n)
}
