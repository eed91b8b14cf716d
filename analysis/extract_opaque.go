package analysis

import (
	"go/ast"
	"go/types"
	"strings"
)

// opaque is a call of which only the signature is known.
func (f *frame) opaque(c *ast.CallExpr, fn *callable, args []value) []value {
	if f.x.st == nil {
		return nil
	}
	var callee *types.Func
	if fn != nil {
		callee = fn.f
		if fn.recv != nil && !reads(callee) {
			f.escape(*fn.recv, "used by the method "+callee.Name(), c.Fun)
		}
		if fn.lit != nil {
			f.escapeCallable(fn)
		}
	}
	if callee == nil || !reads(callee) {
		for i, v := range args {
			at := ast.Node(c)
			if i < len(c.Args) {
				at = c.Args[i]
			}
			f.pass(callee, i, v, at)
		}
	}
	if callee != nil && ends(callee) {
		f.x.st = nil
	}
	return f.externalResults(c, callee)
}

// reads reports whether a function is known to change none of its arguments.
func reads(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	switch path := fn.Pkg().Path(); path {
	case "fmt", "log", "log/slog", "errors":
		return !strings.Contains(fn.Name(), "can") // Scan, Sscanf
	case "reflect":
		return fn.Name() == "DeepEqual"
	case "encoding/json":
		return strings.HasPrefix(fn.Name(), "Marshal")
	default:
		return trusted(path)
	}
}

// ends reports whether a function never returns.
func ends(fn *types.Func) bool {
	switch fn.FullName() {
	case "os.Exit", "runtime.Goexit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln",
		"(*log.Logger).Fatal", "(*log.Logger).Fatalf", "(*log.Logger).Fatalln", "(*log.Logger).Panic", "(*log.Logger).Panicf",
		"(*testing.common).Fatal", "(*testing.common).Fatalf", "(*testing.common).FailNow",
		"(*testing.common).Skip", "(*testing.common).Skipf", "(*testing.common).SkipNow":
		return true
	}
	return false
}

// pass notes that a value is given to a function that is not followed.
func (f *frame) pass(callee *types.Func, arg int, v value, at ast.Node) {
	if len(v.wfs) == 0 {
		f.escape(v, "given to a function that is not followed", at)
		return
	}
	who := "a function that is not in sight"
	if callee != nil {
		who = callee.Origin().FullName()
		if f.printed(callee, arg) {
			return
		}
	}
	for _, r := range v.wfs {
		f.open(r, "it is given to "+who, at)
	}
}

// printed reports whether a function of another module takes the argument as an
// any: to print, compare or log it.
func (f *frame) printed(callee *types.Func, arg int) bool {
	params := callee.Origin().Signature().Params()
	i := min(arg, params.Len()-1)
	if i < 0 || callee.Pkg() == nil || f.x.lib.owns(callee.Pkg().Path()) {
		return false
	}
	t := params.At(i).Type()
	if s, ok := t.(*types.Slice); ok && callee.Signature().Variadic() && i == params.Len()-1 {
		t = s.Elem()
	}
	_, generic := types.Unalias(t).(*types.TypeParam)
	iface, ok := types.Unalias(t).Underlying().(*types.Interface)
	return ok && iface.Empty() && !generic
}

// externalResults are the workflows that a function makes that is not followed.
func (f *frame) externalResults(c *ast.CallExpr, callee *types.Func) []value {
	t := f.u.info.Types[c].Type
	var results []types.Type
	if tuple, ok := t.(*types.Tuple); ok {
		for r := range tuple.Variables() {
			results = append(results, r.Type())
		}
	} else if t != nil {
		results = append(results, t)
	}
	values := make([]value, len(results))
	for i, t := range results {
		values[i].known = typed(t)
		if callee == nil || !isWorkflow(t) {
			continue
		}
		r := ref{external: callee.Origin().FullName()}
		if recv := callee.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			r.external = "." + callee.Name() // any method of the name
		}
		values[i] = value{wfs: []ref{r}}
	}
	return values
}

// opaqueCall is for a call that runs at a time that is not known.
func (f *frame) opaqueCall(c *ast.CallExpr, how string) {
	fun := f.eval(c.Fun)
	args := f.args(c)
	if f.x.st == nil {
		return
	}
	f.escape(fun, how, c)
	for i, v := range args {
		f.pass(nil, i, v, c)
	}
}
