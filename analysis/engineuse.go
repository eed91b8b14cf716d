package analysis

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/dsn"
	"github.com/dataflow-go/dataflow/model"
)

const enginePath = rootPath + "/engine"

// engineNames make the body of a function matter in a file that imports package
// engine.
var engineNames = map[string]bool{
	"Open": true, "Register": true, "Repo": true, "WithModels": true, "WithPoolSize": true, "WithStatementTimeout": true,
	"WithTimeout": true, "WithNodeTimeout": true, "WithConcurrency": true, "WithInputs": true, "Outputs": true, "As": true, "AsList": true,
}

// engineUse is what the calls of package engine in one package tell.
type engineUse struct {
	found []Diagnostic
	runs  []runCall
	// results are the nodes whose results are read by name; anyResult says that some
	// are read by a name that is computed.
	results   map[string]bool
	reads     []*Target
	anyResult bool
	groups    [][]registration // what one engine is given at once
}

// worldUse is what the packages of a workspace do with the workflows of each other.
type worldUse struct {
	results   map[string]bool // nodes whose results are read by name
	anyResult bool            // some are read by a name that is computed
	inputs    []string        // of the workflows that are run by who does not make them
}

func engineUses(units map[string]*unit, made map[string]*extraction) worldUse {
	use := worldUse{results: map[string]bool{}}
	owners := map[string]bool{}
	for _, u := range units {
		use.anyResult = use.anyResult || u.engine.anyResult
		maps.Copy(use.results, u.engine.results)
		for _, r := range u.engine.runs {
			owners[r.owner] = r.owner != ""
		}
	}
	for _, x := range made {
		for _, d := range x.drafts {
			if !owners[d.owner] {
				continue
			}
			whole := !d.open
			for _, o := range d.ops {
				whole = whole && len(o.ctx) == 0 && (o.node == nil || seenWhole(&o.node.Params))
			}
			names := ""
			if whole {
				for _, in := range d.graph(d.ops).Inputs() {
					names += " " + in.Name
				}
			}
			use.inputs = append(use.inputs, fmt.Sprint(d.owner, d.name.S, whole, names))
		}
	}
	slices.Sort(use.inputs)
	return use
}

// reads reports whether someone reads the results of a node, or may.
func (e *worldUse) reads(n *graph.Node) bool { return e.anyResult || e.results[n.ID.S] }

// A runCall gives inputs to a workflow that is in sight.
type runCall struct {
	file   *source
	inputs *ast.CompositeLit
	made   errcatalog.Span // of the NewWorkflow that made it, or
	owner  string          // the function that returns it, by full name
}

// engineCalls goes over the calls of package engine.
type engineCalls struct {
	u    *unit
	info *types.Info
	file *source
	decl ast.Decl // that is gone over
	use  *engineUse
	// grouped are the calls whose models are noted with those of another call.
	grouped map[*ast.CallExpr]bool
}

// usesOfEngine finds the calls of package engine in a unit.
func usesOfEngine(u *unit, info *types.Info) *engineUse {
	c := &engineCalls{u: u, info: info, use: &engineUse{results: map[string]bool{}}, grouped: map[*ast.CallExpr]bool{}}
	for _, f := range u.files {
		if !slices.Contains(f.imports, enginePath) {
			continue
		}
		c.file = f
		for _, d := range f.ast.Decls {
			c.decl = d
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					c.call(n)
				case *ast.IndexExpr:
					if sel, ok := ast.Unparen(n.X).(*ast.SelectorExpr); ok && sel.Sel.Name == "Outputs" {
						c.result(n.Index)
					}
				case *ast.RangeStmt:
					if sel, ok := ast.Unparen(n.X).(*ast.SelectorExpr); ok && sel.Sel.Name == "Outputs" {
						c.use.anyResult = true
					}
				}
				return true
			})
		}
	}
	return c.use
}

// result notes that a node's result is read.
func (c *engineCalls) result(id ast.Expr) {
	if v := c.info.Types[id].Value; v != nil && v.Kind() == constant.String {
		c.use.results[constant.StringVal(v)] = true
		c.use.reads = append(c.use.reads, &Target{Kind: TargetResult, Text: constant.StringVal(v), Span: c.file.inner(id)})
	} else {
		c.use.anyResult = true
	}
}

func (c *engineCalls) call(call *ast.CallExpr) {
	fn := calleeIn(c.info, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != enginePath {
		return
	}
	arg := func(i int) ast.Expr {
		if i < len(call.Args) {
			return call.Args[i]
		}
		return nil
	}
	switch fn.Name() {
	case "Open":
		c.url(arg(1))
		c.registered(call)
	case "WithPoolSize":
		c.atLeast(arg(0), 1, errcatalog.DF405, errcatalog.Details{Setting: fn.Name(), Rule: "at least 1", Example: "4"}, "the pool size is %s; it must be at least 1")
	case "WithConcurrency":
		c.atLeast(arg(0), 1, errcatalog.DF401, errcatalog.Details{Setting: fn.Name(), Rule: "at least 1", Example: "4"}, "WithConcurrency(%s): at least one node must be able to run")
	case "WithStatementTimeout", "WithTimeout", "WithNodeTimeout":
		c.atLeast(arg(0), 1, errcatalog.DF407, errcatalog.Details{Setting: fn.Name(), Rule: "above zero", Example: "30*time.Second"}, "the timeout %s must be above zero")
	case "WithModels", "Register":
		if !call.Ellipsis.IsValid() {
			for _, a := range call.Args {
				c.model(a, c.info.Types[a].Type)
			}
			c.registered(call)
		}
	case "Repo":
		c.typeArgument(call)
	case "As", "AsList":
		if arg(1) != nil {
			c.result(arg(1))
		}
	case "Run":
		if fn.Signature().Recv() != nil && len(call.Args) > 2 {
			c.run(call)
		}
	}
}

func (c *engineCalls) report(at ast.Node, f errcatalog.Finding) {
	if e, ok := errcatalog.Lookup(f.Code); ok && f.Severity == errcatalog.SeverityDefault {
		f.Severity = e.Severity
	}
	f.Span = c.file.span(at)
	c.use.found = append(c.use.found, Diagnostic{Finding: f, File: c.file.name})
}

// url reports a database URL that engine.Open does not take: DF-403.
func (c *engineCalls) url(e ast.Expr) {
	if e == nil {
		return
	}
	v := c.info.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return
	}
	_, _, problem := dsn.Split(constant.StringVal(v))
	if problem == nil {
		return
	}
	if _, isLit := ast.Unparen(e).(*ast.BasicLit); isLit && strings.HasPrefix(problem.Details.Suggestion, "sqlite:") && problem.Details.Suggestion != "sqlite:app.db" {
		problem.Fixes = []errcatalog.Fix{{
			Title: fmt.Sprintf("Change to %q", problem.Details.Suggestion), Preferred: true,
			Edits: []errcatalog.Edit{{Span: c.file.span(e), New: strconv.Quote(problem.Details.Suggestion)}},
		}}
	}
	c.report(e, *problem)
}

// atLeast reports a number that is surely too small.
func (c *engineCalls) atLeast(e ast.Expr, least int64, code errcatalog.Code, d errcatalog.Details, format string) {
	if e == nil {
		return
	}
	v := c.info.Types[e].Value
	if v == nil {
		return
	}
	if n, exact := constant.Int64Val(constant.ToInt(v)); exact && n < least {
		d.Value = c.file.text(e)
		c.report(e, errcatalog.Finding{Code: code, Message: fmt.Sprintf(format, d.Value), Details: d})
	}
}

// model reports what is given for a model and is surely none: DF-603.
func (c *engineCalls) model(at ast.Node, t types.Type) {
	if t == nil {
		return
	}
	got := goType(t)
	for {
		p, ok := types.Unalias(t).(*types.Pointer)
		if !ok {
			break
		}
		t = p.Elem()
	}
	if hasTypeParam(t) || hasInvalid(t, 0) || model.IsModel(t) {
		return
	}
	f := errcatalog.Finding{Code: errcatalog.DF603, Message: fmt.Sprintf("a model is a struct that embeds dataflow.Model; %s is none", got), Details: errcatalog.Details{Got: got}}
	switch t.Underlying().(type) {
	case *types.Interface:
		return // what is in it may be a model
	case *types.Struct:
	default:
		c.report(at, f)
		return
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		f.Details.Model, f.Details.Suggestion = named.Obj().Name(), named.Obj().Name()
		f.Fixes = c.embed(named.Obj())
	}
	c.report(at, f)
}

// typeArgument checks the model of engine.Repo[T].
func (c *engineCalls) typeArgument(call *ast.CallExpr) {
	if ix, ok := ast.Unparen(call.Fun).(*ast.IndexExpr); ok {
		c.model(ix.Index, c.info.Types[ix.Index].Type)
	}
}

// embed makes a model of a struct that the package declares.
func (c *engineCalls) embed(obj *types.TypeName) []errcatalog.Fix {
	budget := formatBudget
	for _, f := range c.u.files {
		var spec *ast.TypeSpec
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && c.info.Defs[s.Name] == types.Object(obj) {
				spec = s
			}
			return spec == nil
		})
		if spec != nil && spec.TypeParams == nil {
			return embedModel(f, spec, &budget)
		}
	}
	return nil
}

// run notes the inputs that a run gives to a workflow in sight.
func (c *engineCalls) run(call *ast.CallExpr) {
	made, owner := c.workflow(call.Args[1])
	if !made.IsValid() && owner == "" {
		return
	}
	for _, option := range call.Args[2:] {
		with, ok := ast.Unparen(option).(*ast.CallExpr)
		if !ok || !isFunc(calleeIn(c.info, with), enginePath, "WithInputs") || len(with.Args) != 1 {
			continue
		}
		if lit, ok := ast.Unparen(with.Args[0]).(*ast.CompositeLit); ok {
			c.use.runs = append(c.use.runs, runCall{file: c.file, inputs: lit, made: made, owner: owner})
		}
	}
}

// workflow finds where a workflow is made: by a NewWorkflow here, or by a function.
func (c *engineCalls) workflow(e ast.Expr) (made errcatalog.Span, owner string) {
	e = chainStart(c.info, e)
	if call, ok := e.(*ast.CallExpr); ok {
		fn := calleeIn(c.info, call)
		switch {
		case isFunc(fn, rootPath, "NewWorkflow"):
			return c.file.span(call), ""
		case fn != nil && fn.Signature().Results().Len() == 1 && isWorkflow(fn.Signature().Results().At(0).Type()):
			return errcatalog.Span{}, fn.Origin().FullName()
		}
		return errcatalog.Span{}, ""
	}
	id, ok := e.(*ast.Ident)
	if !ok {
		return errcatalog.Span{}, ""
	}
	value := onlyValue(c.info, c.decl, c.info.Uses[id])
	if value == nil {
		return errcatalog.Span{}, ""
	}
	if _, again := ast.Unparen(value).(*ast.Ident); again {
		return errcatalog.Span{}, ""
	}
	return c.workflow(value)
}

// chainStart is what the builder calls of a chain start from.
func chainStart(info *types.Info, e ast.Expr) ast.Expr {
	for {
		e = ast.Unparen(e)
		call, ok := e.(*ast.CallExpr)
		if !ok {
			return e
		}
		sel, method := builderMethodIn(info, call)
		if sel == nil || !returnsWorkflow[method] {
			return e
		}
		e = sel.X
	}
}

// returnsWorkflow are the builder methods that chain.
var returnsWorkflow = map[string]bool{"AddNode": true, "AddConnection": true, "AddDependency": true, "AddFunc": true, "AddTransaction": true}

// onlyValue is the value of a variable that is assigned once, where it is declared.
func onlyValue(info *types.Info, decl ast.Node, obj types.Object) ast.Expr {
	var value ast.Expr
	writes := 0
	note := func(l, r ast.Expr) {
		id, ok := ast.Unparen(l).(*ast.Ident)
		if !ok {
			return
		}
		if info.Defs[id] == obj || info.Uses[id] == obj {
			writes++
			value = r
		}
	}
	if obj == nil {
		return nil
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) {
					note(l, n.Rhs[i])
				} else {
					note(l, nil)
				}
			}
		case *ast.ValueSpec:
			for i, l := range n.Names {
				if len(n.Names) == len(n.Values) {
					note(l, n.Values[i])
				} else {
					note(l, nil)
				}
			}
		case *ast.RangeStmt:
			note(n.Key, nil)
			note(n.Value, nil)
		case *ast.UnaryExpr:
			note(n.X, nil) // its address may be taken
		}
		return true
	})
	if writes != 1 {
		return nil
	}
	return value
}

// diagnostics are the DF-810 of a run: values for inputs that its workflow, seen
// whole, does not have.
func (r *runCall) diagnostics(w *world, resolver *models) []Diagnostic {
	g := r.graph(w, resolver)
	if g == nil {
		return nil
	}
	inputs := g.Inputs()
	var out []Diagnostic
	for _, el := range r.inputs.Elts {
		name, _, ok := keyed(el)
		if !ok {
			continue
		}
		f, unknown := graph.UnknownInput(inputs, name)
		if !unknown {
			continue
		}
		e, _ := errcatalog.Lookup(f.Code)
		key := el.(*ast.KeyValueExpr).Key
		f.Severity, f.Span, f.Details.Workflow = e.Severity, r.file.inner(key), g.Name
		f.Fixes = r.fixes(name, f)
		out = append(out, Diagnostic{Finding: f, File: r.file.name})
	}
	return out
}

// graph is the workflow that is run, where there is one and all of it is seen.
func (r *runCall) graph(w *world, resolver *models) *graph.Graph {
	var g *graph.Graph
	for _, made := range w.made {
		for _, d := range made.drafts {
			if d.fragment || len(d.vias) > 0 || r.made.IsValid() && d.span != r.made || !r.made.IsValid() && d.owner != r.owner {
				continue
			}
			if g != nil {
				return nil // one of several
			}
			g = closeOver(d, w).workflow(resolver).Graph
		}
	}
	if g == nil || g.Open || g.Possible != nil || slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return !seenWhole(&n.Params) }) {
		return nil
	}
	return g
}

// seenWhole reports whether every place in v that could hold an input is seen.
func seenWhole(v *graph.Value) bool {
	return v.State != graph.StateOpaque && !v.Partial &&
		!slices.ContainsFunc(v.Entries, func(e graph.Entry) bool { return !seenWhole(&e.Value) }) &&
		!slices.ContainsFunc(v.Items, func(i graph.Value) bool { return !seenWhole(&i) })
}

func (r *runCall) fixes(name string, f errcatalog.Finding) []errcatalog.Fix {
	budget := formatBudget
	s := &site{args: r.file, budget: &budget}
	var fixes []errcatalog.Fix
	if to := f.Details.Suggestion; to != "" && element(r.inputs, to) == nil {
		if start, end, ok := quotedIn(r.file, f.Span); ok {
			fixes = append(fixes, s.fix(r.file, fmt.Sprintf("Change to %q", to), true, splice{start, end, escaped(to)}))
		}
	}
	el := element(r.inputs, name)
	return append(fixes, s.fix(r.file, fmt.Sprintf("Remove %q", name), len(fixes) == 0, s.removal(r.inputs, el)))
}
