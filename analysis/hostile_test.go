package analysis_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hostile are functions that nobody writes but a generator or a fuzzer: each has a
// great many of one thing. body gets how many.
var hostile = map[string]struct {
	n    int
	body func(n int) string
}{
	"early returns": {2000, func(n int) string {
		return building(times(n, "\tif flag(%[1]d) {\n\t\treturn wf\n\t}\n\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n"))
	}},
	"early returns with variables": {1000, func(n int) string {
		return building("\tp := dataflow.Params{}\n" + times(n, "\tv%[1]d := \"a\"\n\tp[\"id\"] = v%[1]d\n\tif flag(%[1]d) {\n\t\tp[\"x\"] = %[1]d\n\t\treturn wf\n\t}\n\twf.AddNode(\"UserReadNode\", \"n%[1]d\", p)\n"))
	}},
	"nodes and a recover": {1000, func(n int) string {
		return building("\tdefer func() { _ = recover() }()\n" + times(n, "\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n"))
	}},
	"keys of a map": {5000, func(n int) string {
		return building("\tp := dataflow.Params{}\n" + times(n, "\tp[\"k%[1]d\"] = %[1]d\n") + "\twf.AddNode(\"UserReadNode\", \"n\", p)\n")
	}},
	"one key of a map": {5000, func(n int) string {
		return building("\tp := dataflow.Params{}\n" + times(n, "\tp[\"id\"] = \"%[1]d\"\n") + "\twf.AddNode(\"UserReadNode\", \"n\", p)\n")
	}},
	"keys of a map in branches": {2000, func(n int) string {
		return building("\tp := dataflow.Params{}\n" + times(n, "\tif flag(%[1]d) {\n\t\tp[\"k%[1]d\"] = %[1]d\n\t} else {\n\t\tp[\"k%[1]d\"] = 0\n\t}\n") + "\twf.AddNode(\"UserReadNode\", \"n\", p)\n")
	}},
	"keys of a literal": {5000, func(n int) string {
		return building("\tp := dataflow.Params{\n" + times(n, "\t\t\"k%[1]d\": %[1]d,\n") + "\t}\n\twf.AddNode(\"UserReadNode\", \"n\", p)\n")
	}},
	"fields of a struct": {1000, func(n int) string {
		return "type big struct {\n" + times(n, "\tf%[1]d string\n") + "}\n\n" + building("\tvar b big\n"+times(n, "\tb.f%[1]d = \"a\"\n")+"\twf.AddNode(\"UserReadNode\", b.f0, nil)\n")
	}},
	"items of a list": {5000, func(n int) string {
		return building("\tvar l []string\n" + times(n, "\tl = append(l, \"i%[1]d\")\n") + "\twf.AddNode(\"UserListNode\", l[0], nil)\n")
	}},
	"branches": {3000, func(n int) string {
		return building(times(n, "\tif flag(%[1]d) {\n\t\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n\t}\n"))
	}},
	"nested branches": {300, func(n int) string {
		return building(times(n, "if flag(%[1]d) {\n\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n") + strings.Repeat("}\n", n))
	}},
	"cases": {3000, func(n int) string {
		return building("\tswitch pick() {\n" + times(n, "\tcase %[1]d:\n\t\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n") + "\t}\n")
	}},
	"nodes": {5000, func(n int) string {
		return building(times(n, "\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})\n"))
	}},
	"nodes in a chain": {5000, func(n int) string {
		return building("\twf" + times(n, ".\n\t\tAddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"})") + "\n")
	}},
	"connections": {3000, func(n int) string {
		return building(times(n, "\twf.AddNode(\"UserReadNode\", \"n%[1]d\", nil)\n") + times(n-1, "\twf.AddConnection(\"n%[1]d\", \"id\", \"n%[2]d\", \"id\")\n"))
	}},
	"mistakes": {3000, func(n int) string {
		return building(times(n, "\twf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"idd\": \"x\"})\n"))
	}},
	"mistakes in functions": {2000, func(n int) string {
		return times(n, "func F%[1]d() *dataflow.Workflow {\n\treturn dataflow.NewWorkflow(\"f\").AddNode(\"UsreReadNode\", \"n\", dataflow.Params{\"id\": \"x\"})\n}\n\n")
	}},
	"variables": {3000, func(n int) string {
		return building(times(n, "\tv%[1]d := \"n%[1]d\"\n\tif flag(%[1]d) {\n\t\tv%[1]d = \"m\"\n\t}\n") + "\twf.AddNode(\"UserReadNode\", v0, nil)\n")
	}},
	"closures": {2000, func(n int) string {
		return building(times(n, "\tf%[1]d := func() { wf.AddNode(\"UserReadNode\", \"n%[1]d\", dataflow.Params{\"id\": \"x\"}) }\n") + times(n, "\tf%[1]d()\n"))
	}},
	"closures that escape": {1000, func(n int) string {
		return "var hooks []func()\n\n" + building(times(n, "\tv%[1]d := \"a\"\n\thooks = append(hooks, func() { v%[1]d = \"b\"; wf.AddNode(\"UserReadNode\", v%[1]d, nil) })\n"))
	}},
	"calls that double": {500, func(n int) string {
		return times(n, "func f%[1]d(wf *dataflow.Workflow) { f%[2]d(wf); f%[2]d(wf) }\n\n") + fmt.Sprintf("func f%d(wf *dataflow.Workflow) { wf.AddNode(\"UserListNode\", \"n\", nil) }\n", n)
	}},
	"loops in loops": {12, func(n int) string {
		return building(times(n, "for range 60 {\n") + "wf.AddNode(\"UserListNode\", \"n\", nil)\n" + strings.Repeat("}\n", n))
	}},
	"loops of unknown length in each other": {12, func(n int) string {
		return building("s := \"\"\n" + times(n, "for flag(%[1]d) {\nv%[1]d := s\n") + "s = v0\nwf.AddNode(\"UserListNode\", s, nil)\n" + strings.Repeat("}\n", n))
	}},
	"workflows": {2000, func(n int) string {
		return building(times(n, "\tw%[1]d := dataflow.NewWorkflow(\"w\")\n\tif flag(%[1]d) {\n\t\tw%[1]d.AddNode(\"UserListNode\", \"n\", nil)\n\t}\n\t_, _ = w%[1]d.Build()\n"))
	}},
	"a long sum": {3000, func(n int) string {
		return building("\ts := \"\"\n\twf.AddNode(\"UserListNode\", s" + times(n, " + s") + ", nil)\n")
	}},
	"deep parameters": {500, func(n int) string {
		return building("\twf.AddNode(\"UserListNode\", \"n\", " + times(n, "dataflow.Params{\"a\": ") + "1" + strings.Repeat("}", n) + ")\n")
	}},
}

// times is a text for each of n numbers; [1] is the number, [2] the next.
func times(n int, format string) string {
	var b strings.Builder
	for i := range n {
		s := strings.NewReplacer("%[1]d", fmt.Sprint(i), "%[2]d", fmt.Sprint(i+1)).Replace(format)
		b.WriteString(s)
	}
	return b.String()
}

func building(body string) string {
	return "func Flow() *dataflow.Workflow {\n\twf := dataflow.NewWorkflow(\"flow\")\n" + body + "\treturn wf\n}\n"
}

const hostileHead = "package flows\n\nimport \"github.com/dataflow-go/dataflow\"\n\nvar sink int\n\nfunc flag(i int) bool { return sink == i }\n\nfunc pick() int { return sink }\n\n"

// BenchmarkHostile analyses each, after an edit that changes nothing of it.
func BenchmarkHostile(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			w, dir := workspace(b, shopModels, shopFlow)
			file := filepath.Join(dir, "flows", "flows.go")
			h := hostile[name]
			text := hostileHead + h.body(h.n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w.SetFile(file, fmt.Appendf(nil, "%s\n// %d\n", text, i))
				pkgs, err := w.Check(context.Background(), file)
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range pkgs {
					if len(p.LoadErrors) > 0 {
						b.Fatal(p.LoadErrors[0])
					}
				}
			}
		})
	}
}
