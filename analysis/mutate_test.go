package analysis_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A mutant is a change of a file: the slip of a person, not of a cat.
type mutant struct {
	start, end int
	text       string
}

// mutate makes about one slip in each function of a file that builds workflows.
func mutate(t *testing.T, r *rand.Rand, src string) string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	m := mutator{r: r, src: src, base: fset.File(f.Pos()).Base()}
	var chosen []mutant
	for _, d := range f.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd.Body == nil {
			continue
		}
		m.sites = nil
		ast.Inspect(fd.Body, m.visit)
		if len(m.sites) > 0 && r.IntN(4) > 0 {
			chosen = append(chosen, m.sites[r.IntN(len(m.sites))])
		}
	}
	slices.SortFunc(chosen, func(a, b mutant) int { return b.start - a.start })
	for _, c := range chosen {
		src = src[:c.start] + c.text + src[c.end:]
	}
	return src
}

// A mutator collects what may be changed in a function.
type mutator struct {
	r     *rand.Rand
	src   string
	base  int
	sites []mutant
}

func (m *mutator) add(n ast.Node, text string) {
	m.sites = append(m.sites, mutant{int(n.Pos()) - m.base, int(n.End()) - m.base, text})
}

func (m *mutator) text(n ast.Node) string { return m.src[int(n.Pos())-m.base : int(n.End())-m.base] }

func (m *mutator) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ExprStmt:
		if call, ok := n.X.(*ast.CallExpr); ok && isBuilder(call) {
			m.add(n, "")
			if line := m.text(n); !strings.Contains(line, "\n") {
				m.add(n, line+"; "+line)
			}
		}
	case *ast.CallExpr:
		if isBuilder(n) {
			m.call(n)
		}
	case *ast.CompositeLit:
		m.literal(n)
	case *ast.BasicLit:
		if n.Kind == token.STRING && len(n.Value) > 3 {
			m.add(n, m.misspelled(n.Value))
		}
	}
	return true
}

func isBuilder(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains([]string{"AddNode", "AddConnection", "AddDependency"}, sel.Sel.Name)
}

func (m *mutator) misspelled(quoted string) string {
	s := []byte(quoted)
	i := 1 + m.r.IntN(len(s)-3)
	switch m.r.IntN(4) {
	case 0: // two letters swapped
		if s[i] != '\\' && s[i+1] != '\\' && s[i] < 0x80 && s[i+1] < 0x80 {
			s[i], s[i+1] = s[i+1], s[i]
		}
	case 1: // one missing
		if s[i] != '\\' && s[i-1] != '\\' && s[i] < 0x80 {
			s = slices.Delete(s, i, i+1)
		}
	case 2: // one too many
		if s[i] < 0x80 && s[i] != '\\' && s[i-1] != '\\' {
			s = slices.Insert(s, i, 's')
		}
	case 3: // as the Go field has it
		return quoted[:1] + strings.ToUpper(quoted[1:2]) + quoted[2:]
	}
	return string(s)
}

// call mixes up what a builder call is given.
func (m *mutator) call(call *ast.CallExpr) {
	args := call.Args
	for i := range args {
		for j := range args {
			if i != j && (len(args) == 4 || i < 2 && j < 2) {
				m.add(args[i], m.text(args[j]))
			}
		}
	}
	if len(args) == 3 {
		m.add(args[2], "nil")
	}
}

// values stand where others should.
var values = []string{
	"nil", "true", `""`, `"text"`, `"42"`, "42", "-1", "0", "3.5", "1e30", `[]string{"a", "b"}`, "[]int{1}", "[]any{}", "map[string]any{}",
	`map[string]any{"$gte": 1}`, `map[string]any{"$gt": "x", "$foo": 1}`, `map[string]any{"id": 1}`, `"${create.id}"`, `[]map[string]any{{"id": "x"}}`,
	`"2030-01-01T00:00:00Z"`, `"6f1c3f0e-3d0a-4c0f-9d64-7a55b2a5c001"`, "uint8(3)", "int64(1) << 40", `[]byte("x")`, "'x'",
}

// entries are parameters that someone may think of.
var entries = []string{
	`"id": "x-1"`, `"id": 1`, `"filter": map[string]any{"id": "x"}`, `"filters": map[string]any{}`, `"fields": []string{"id"}`, `"limit": 0`, `"limit": "10"`,
	`"order_by": "name desc"`, `"order_by": []string{"-nothing"}`, `"created_at": "2030-01-01T00:00:00Z"`, `"hard": true`, `"confirm": false`, `"bogus": nil`,
	`"where": map[string]any{}`, `"conflict_on": []string{}`, `"conflict_on": []string{"name"}`, `"data": []map[string]any{}`, `"offset": -3`, `"condition": "a >"`,
	`"mode": "some"`, `"expression": "1 +"`, `"on_conflict": "ignore"`, `"user_id": 3`, `"age__gte": 1`, `"CreatedAt": nil`,
}

// literal changes a map literal: an entry less, one more, a value of another kind.
func (m *mutator) literal(lit *ast.CompositeLit) {
	keyed := lit.Type != nil && isParams(lit.Type)
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.BasicLit); !ok || key.Kind != token.STRING {
			continue
		}
		keyed = keyed || lit.Type == nil
		m.add(kv.Value, values[m.r.IntN(len(values))])
		m.add(kv.Key, strconv.Quote("x"))
		end := int(kv.End()) - m.base
		if end < len(m.src) && m.src[end] == ',' {
			end++
		}
		m.sites = append(m.sites, mutant{int(kv.Pos()) - m.base, end, ""})
	}
	if keyed {
		at := int(lit.Lbrace) + 1 - m.base
		text := entries[m.r.IntN(len(entries))]
		if len(lit.Elts) > 0 {
			text += ", "
		}
		m.sites = append(m.sites, mutant{at, at, text})
	}
}

// isParams reports whether t is a map of parameters by its name.
func isParams(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.SelectorExpr:
		return t.Sel.Name == "Params"
	case *ast.Ident:
		return t.Name == "Params" || t.Name == "filter"
	}
	return false
}

func isParsed(src string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "x.go", src, parser.SkipObjectResolution)
	return err == nil
}
