package analysis_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// What generated functions share. The analyser follows some of it, and must know
// where it does not.
const generatedHelpers = `package gen

import (
	"maps"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/gen/other"
)

const (
	idA      = "a"
	idAB     = idA + "b"
	model    = "User"
	nodeUser = model + "CreateNode"
	debug    = false
	verbose  = !debug
	size     = 3
	ratio    = 1 / 3.0
	big      = 1 << 40
)

const (
	first = iota
	second
	third
)

type level string

const high level = "high"

type filter map[string]any

type pair struct {
	name  string
	count int
}

var ids = []string{"v1", "v2"}

var pairs = []pair{{"p1", 1}, {"p2", 2}}

var shared = dataflow.Params{"limit": 5}

func opaque() string { return "opaque" }

func flag() bool { return len(ids) > 1 }

func number() int { return len(ids) }

func addUser(wf *dataflow.Workflow, id string) *dataflow.Workflow {
	return wf.AddNode("UserCreateNode", id, dataflow.Params{"id": id, "name": "Added"})
}

func add(wf *dataflow.Workflow, nodeType, id string, p dataflow.Params) {
	if p == nil {
		p = dataflow.Params{}
	}
	wf.AddNode(nodeType, id, p)
}

func connect(wf *dataflow.Workflow, from, to string) {
	wf.AddConnection(from, "id", to, "filter.user_id")
	wf.AddDependency(from, to)
}

func twice(wf *dataflow.Workflow, f func(*dataflow.Workflow, int)) {
	for i := range 2 {
		f(wf, i)
	}
}

func extend(p dataflow.Params) { p["limit"] = 7 }

func with(p dataflow.Params, key string, v any) dataflow.Params {
	p = maps.Clone(p)
	p[key] = v
	return p
}

func plain() dataflow.Params { return dataflow.Params{"id": "plain"} }

func generic[T any](wf *dataflow.Workflow, id string, v T) { wf.AddNode("UserReadNode", id, dataflow.Params{"id": v}) }

func start(name string) *dataflow.Workflow { return dataflow.NewWorkflow(name) }

type builder struct {
	wf *dataflow.Workflow
	n  int
}

func (b *builder) read(id string) *builder {
	b.n++
	b.wf.AddNode("UserReadNode", id, dataflow.Params{"id": other.ID})
	return b
}
`

const generatedOther = `// Package other is another package that builds.
package other

import "github.com/dataflow-go/dataflow"

// Names from elsewhere.
const (
	ID       = "other-1"
	NodeList = "OrderListNode"
	Limit    = 20
)

// Name is a variable: it may change.
var Name = "other"

// Add adds a node from another package.
func Add(wf *dataflow.Workflow, id string) *dataflow.Workflow {
	return wf.AddNode(NodeList, id, dataflow.Params{"limit": Limit})
}
`

const generatedImports = `package gen

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/gen/other"
)

var (
	_ context.Context
	_ = maps.Clone[dataflow.Params]
	_ = strings.ToUpper
	_ time.Time
	_ = fmt.Sprint
	_ = other.ID
)

`

// generatedFunction draws the source of a function that builds a workflow.
func generatedFunction(name string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		w := &writer{t: t, wf: "wf", plain: rapid.Bool().Draw(t, "plain")}
		return w.function(name)
	})
}

// A writer writes one function.
type writer struct {
	t     *rapid.T
	b     strings.Builder
	wf    string // the variable that holds the workflow
	depth int
	vars  int
	loop  string // a variable with ids, in a loop
	ids   []string
	plain bool // only what the analyser is sure to see
}

func (w *writer) pick(choices ...string) string {
	if w.plain {
		choices = slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return computed.MatchString(c) })
	}
	return rapid.SampledFrom(choices).Draw(w.t, "pick")
}

// computed matches the expressions whose value only the run knows.
var computed = regexp.MustCompile(`opaque|number|flag\(|func\(|strings\.|fmt\.|ids|pairs|shared|plain\(|with\(|extend|maps\.|other\.Name|time|byte|pair|new\(|struct|\(nil\)|\*string|map\[int|\[2\]|1: |&`)

func (w *writer) n(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(w.t, "n") }

func (w *writer) line(format string, args ...any) {
	w.b.WriteString(strings.Repeat("\t", w.depth+1) + fmt.Sprintf(format, args...) + "\n")
}

func (w *writer) variable(prefix string) string {
	w.vars++
	return prefix + strconv.Itoa(w.vars)
}

func (w *writer) function(name string) string {
	quoted := strconv.Quote(name)
	ends := "return wf"
	kind := w.n(0, 7)
	if w.plain {
		kind = 7
	}
	switch kind {
	case 0:
		w.line("wf := start(%s)", quoted)
	case 1:
		w.line("var wf = dataflow.NewWorkflow(%s)", quoted)
	case 2:
		w.line("wf := dataflow.NewWorkflow(%s).AddNode(%s)", quoted, w.node())
	case 3:
		w.line("b := &builder{wf: dataflow.NewWorkflow(%s)}", quoted)
		w.line("b.read(%s).read(%s)", w.fresh(), w.fresh())
		w.line("wf := b.wf")
	default:
		w.line("wf := dataflow.NewWorkflow(%s)", quoted)
	}
	for range w.n(1, 6) {
		w.statement()
	}
	if w.n(0, 4) == 0 {
		ends = "return wf.AddNode(" + w.node() + ")"
	}
	w.line("%s", ends)
	return "func " + name + "() *dataflow.Workflow {\n" + w.b.String() + "}\n"
}

// fresh is an expression for the id of a new node, which others mention later.
func (w *writer) fresh() string {
	if w.n(0, 5) == 0 {
		return w.id()
	}
	n := len(w.ids)
	id := w.pick(`"n%d"`, `"n%d"`, "idA + \"%d\"", `fmt.Sprintf("f%%d", %d)`, "idAB + \"_%d\"", "`r%d`", `"é" + "%d"`, `strings.Repeat("s", %d)`)
	id = fmt.Sprintf(id, n+1)
	if w.loop != "" && w.n(0, 4) > 0 {
		id = w.loop + " + " + id
	} else if w.loop == "" {
		w.ids = append(w.ids, id)
	}
	return id
}

// id is an expression for a node's id.
func (w *writer) id() string {
	if len(w.ids) > 0 && w.n(0, 4) > 0 {
		return w.pick(w.ids...)
	}
	if w.loop != "" && w.n(0, 2) > 0 {
		return w.pick(w.loop, w.loop+` + "_x"`, `"x_" + `+w.loop, `fmt.Sprintf("%s-%d", `+w.loop+`, 1)`)
	}
	return w.pick(`"a"`, `"b"`, `"c"`, `"d"`, "idA", "idAB", `idA + "c"`, "`raw`", `"é"`, `fmt.Sprintf("n%d", 3)`, `fmt.Sprintf("%s_%02d", idA, second)`,
		"other.ID", `string(high)`, `fmt.Sprint("a", 1)`, `strings.ToUpper("x")`, "opaque()", "ids[0]", `"x" + fmt.Sprint(third)`)
}

func (w *writer) nodeType() string {
	return w.pick(`"UserCreateNode"`, `"UserReadNode"`, `"UserListNode"`, `"OrderListNode"`, `"UserUpsertNode"`, `"OrderItemBulkCreateNode"`, "nodeUser",
		`model + "CountNode"`, "other.NodeList", `"TransformNode"`, `"UesrListNode"`, `fmt.Sprintf("%sUpdateNode", model)`)
}

func (w *writer) node() string {
	return w.nodeType() + ", " + w.fresh() + ", " + w.params(2)
}

// keys of maps: no two are equal.
var generatedKeys = []string{
	`"id"`, `"name"`, `"email"`, `"active"`, `"filter"`, `"limit"`, `"where"`, `"create"`, `"fields"`, `"order_by"`, `"data"`, `"$gte"`, `"user_id"`,
	"`raw`", `"\u00e9"`, `"x" + "y"`, "idA", "string(high)",
}

func (w *writer) params(depth int) string {
	switch w.n(0, 9) {
	case 0:
		return "nil"
	case 1:
		return w.pick("dataflow.Params{}", "plain()", "shared", `with(shared, "id", 1)`, `maps.Clone(shared)`, `maps.Clone(dataflow.Params{"id": "c"})`)
	case 2:
		return "map[string]any{" + w.entries(depth) + "}"
	}
	return "dataflow.Params{" + w.entries(depth) + "}"
}

func (w *writer) entries(depth int) string {
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom(generatedKeys), 0, 4, rapid.ID[string]).Draw(w.t, "keys")
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = key + ": " + w.value(depth)
	}
	if len(parts) > 1 && w.n(0, 3) == 0 {
		return "\n" + strings.Join(parts, ",\n") + ",\n"
	}
	return strings.Join(parts, ", ")
}

func (w *writer) value(depth int) string {
	if depth > 0 && w.n(0, 3) == 0 {
		switch w.n(0, 5) {
		case 0:
			return "[]dataflow.Params{{" + w.entries(depth-1) + "}, {" + w.entries(depth-1) + "}}"
		case 1:
			return "[]any{" + w.value(depth-1) + ", " + w.value(depth-1) + "}"
		case 2:
			return "filter{" + w.entries(depth-1) + "}"
		case 3:
			return "dataflow.Input(" + w.id() + ").Default(" + w.value(depth-1) + ")"
		}
		return "dataflow.Params{" + w.entries(depth-1) + "}"
	}
	return w.pick(
		`"text"`, "`raw \"text\"`", `"tab\tnewline\n\x41\u00e9"`, `"con" + "cat"`, "1", "-7", "0x1F", "0b101", "0o17", "1_000", "'x'", "1 << 10", "-(3 + 4)", "2.5", "1e3", "1.0", "ratio", "big", "7 / 2", "7 / 2.0",
		"true", "false", "!debug", "verbose", "nil", "size", "size * 2", "first", "third", "high", "level(\"low\")", "string(high)", "idAB", "other.Limit", "other.ID", "other.Name", "len(idA)", "len(ids)",
		"int8(3)", "uint64(1) << 63", "uint64(18446744073709551615)", "float32(1.5)", "float64(2)", "int64(-1)", "uint8('a')", "rune('a')", "time.Second", "time.Time{}", "[]byte(\"x\")", "[]byte{1, 2}",
		`[]string{"a", idA}`, "[]int{1, second, 3}", "[]string{}", "[2]string{\"a\"}", "[...]int{4, 5}", "[]float64{1, 2.5}", "[]int(nil)", "[]any{nil, 1, \"a\"}", "[]string{1: \"b\"}", "[]bool{true}",
		`map[string]string{"k": "v"}`, `map[string]int{"k": 1, idA: 2}`, "map[string]any(nil)", "map[int]string{1: \"a\"}", `filter{"k": 1}`, "struct{ A int }{1}", "pair{\"n\", 1}", "&pair{}", "(*string)(nil)", "new(int)",
		`dataflow.Input("in")`, "dataflow.Input(idA)", `dataflow.Input("in").Default(5)`, `dataflow.Input("in").Default(nil).Default([]string{"a"})`, "dataflow.Input(opaque())",
		"opaque()", "number()", "flag()", `fmt.Sprintf("%d-%s", size, idA)`, `fmt.Sprintf("%v", 1.5)`, `fmt.Sprint(1, 2, "a")`, `strings.Repeat("a", 2)`, "ids", "ids[1]", "shared", "plain()", "pairs[0].name", "func() int { return 1 }()",
	)
}

// statement writes one or a few statements that may build.
func (w *writer) statement() {
	if w.depth > 2 {
		w.call(w.wf)
		return
	}
	kind := w.n(0, 17)
	if w.plain && kind > 6 && kind != 12 && kind != 14 {
		kind = 0
	}
	switch kind {
	case 0, 1, 2, 3:
		w.call(w.wf)
	case 4:
		w.chain()
	case 5, 6:
		w.steps()
	case 7:
		w.alias()
	case 8, 9:
		w.forLoop()
	case 10:
		w.branch()
	case 11:
		w.helper()
	case 12:
		w.transaction()
	case 13:
		w.closure()
	case 14:
		w.local()
	case 15:
		w.switches()
	default:
		w.call(w.wf)
	}
}

func (w *writer) call(wf string) {
	switch w.n(0, 5) {
	case 0:
		w.line("%s.AddConnection(%s, %s, %s, %s)", wf, w.id(), w.pick(`"id"`, `"record.id"`, `"records.0.id"`, "idA"), w.id(), w.pick(`"id"`, `"filter.user_id"`, `"trigger"`, "idA"))
	case 1:
		w.line("%s.AddDependency(%s, %s)", wf, w.id(), w.id())
	default:
		w.line("%s.AddNode(%s)", wf, w.node())
	}
}

func (w *writer) chain() {
	w.line("%s.AddNode(%s).", w.wf, w.node())
	w.line("\tAddNode(%s).AddDependency(%s, %s).", w.node(), w.id(), w.id())
	w.line("\tAddConnection(%s, \"id\",", w.id())
	w.line("\t\t%s, \"id\")", w.id())
}

// steps build params step by step.
func (w *writer) steps() {
	p := w.variable("p")
	w.line("%s := %s", p, w.pick("dataflow.Params{}", "make(dataflow.Params)", "make(map[string]any, 2)", `dataflow.Params{"id": "x", "limit": 1}`, "maps.Clone(shared)", "plain()", "map[string]any{}"))
	for range w.n(1, 4) {
		key := w.pick(`"id"`, `"limit"`, `"name"`, "idA", `"filter"`)
		switch w.n(0, 9) {
		case 0:
			w.line("delete(%s, %s)", p, key)
		case 1:
			w.line("extend(%s)", p)
		case 2:
			w.line("if %s {", w.pick("debug", "verbose", "flag()", "number() > 100"))
			w.line("\t%s[%s] = %s", p, key, w.value(1))
			w.line("}")
		case 3:
			q := w.variable("q")
			w.line("%s := %s", q, w.pick(p, "maps.Clone("+p+")", "dataflow.Params("+p+")"))
			w.line("%s[%s] = %s", q, key, w.value(1))
		case 4:
			w.line("for _, k := range %s {", w.pick("ids", `[]string{"k1", "k2"}`))
			w.line("\t%s[k] = %s", p, w.value(0))
			w.line("}")
		case 5:
			w.line("%s.AddNode(%s, %s, %s)", w.wf, w.nodeType(), w.fresh(), p)
		case 6:
			w.line("%s[%s] = dataflow.Params{\"inner\": %s}", p, key, p)
			w.line("%s = dataflow.Params{\"fresh\": true}", p)
		default:
			w.line("%s[%s] = %s", p, key, w.value(1))
		}
	}
	w.line("%s.AddNode(%s, %s, %s)", w.wf, w.nodeType(), w.fresh(), w.pick(p, p, "dataflow.Params{\"filter\": "+p+"}", "maps.Clone("+p+")", "with("+p+", \"w\", 1)"))
	if w.n(0, 3) == 0 {
		w.line("%s[\"late\"] = true", p)
	}
}

func (w *writer) alias() {
	old, wf := w.wf, w.variable("wf")
	w.line("%s := %s", wf, old)
	w.call(wf)
	if w.n(0, 2) == 0 {
		w.line("%s = %s.AddNode(%s)", old, wf, w.node())
	}
	if w.n(0, 4) == 0 {
		add := w.variable("add")
		w.line("%s := %s.AddNode", add, wf)
		w.line("%s(%s)", add, w.node())
	}
}

func (w *writer) nested(open, end string, args ...any) {
	w.line(open, args...)
	w.depth++
	for range w.n(1, 2) {
		w.statement()
	}
	w.depth--
	w.line("%s", end)
}

func (w *writer) forLoop() {
	outer := w.loop
	defer func() { w.loop = outer }()
	i := w.variable("i")
	switch w.n(0, 6) {
	case 0:
		w.loop = "fmt.Sprint(" + i + ")"
		w.nested("for %s := range %s {\n_ = %[1]s", "}", i, w.pick("2", "size", "number()"))
	case 1:
		w.loop = `fmt.Sprintf("l%d", ` + i + ")"
		w.nested("for %s := %s; %[1]s < %s; %[1]s++ {\n_ = %[1]s", "}", i, w.pick("0", "second"), w.pick("2", "size", "number()"))
	case 2:
		w.loop = i + ".name"
		w.nested("for _, %s := range %s {\n_ = %[1]s", "}", i, w.pick("pairs", `[]pair{{"q1", 1}, {name: "q2"}}`))
	case 3:
		w.loop = i
		w.nested("for %s := range maps.Keys(shared) {\n_ = %[1]s", "}", i)
	default:
		w.loop = i
		w.nested("for _, %s := range %s {\n_ = %[1]s", "}", i, w.pick("ids", `[]string{"r1", "r2", idA}`, `[...]string{"s1"}`, "[]string{}"))
	}
}

func (w *writer) branch() {
	cond := w.pick("debug", "verbose", "flag()", "!debug && size > 2", "number() > 100", "true", "len(ids) == 0")
	switch w.n(0, 3) {
	case 0:
		w.nested("if %s {", "} else {", cond)
		w.depth++
		w.statement()
		w.depth--
		w.line("}")
	case 1:
		if w.depth == 0 {
			w.nested("if %s {", "return wf\n}", cond)
			return
		}
		fallthrough
	default:
		w.nested("if %s {", "}", cond)
	}
}

func (w *writer) switches() {
	w.line("switch %s {", w.pick("size", "number()", "2"))
	w.nested("case %s:", "case 100, 101:", w.pick("3", "2", "size + 1"))
	w.depth++
	w.statement()
	w.depth--
	w.nested("default:", "}")
}

func (w *writer) helper() {
	switch w.n(0, 7) {
	case 0:
		w.line("addUser(%s, %s)", w.wf, w.fresh())
	case 1:
		w.line("addUser(%s, %s).AddDependency(%s, %s)", w.wf, w.fresh(), w.id(), w.id())
	case 2:
		w.line("connect(%s, %s, %s)", w.wf, w.id(), w.id())
	case 3:
		w.line("other.Add(%s, %s)", w.wf, w.fresh())
	case 4:
		w.line("add(%s, %s, %s, %s)", w.wf, w.nodeType(), w.fresh(), w.params(1))
	case 5:
		w.line("generic(%s, %s, %s)", w.wf, w.fresh(), w.pick(`"g"`, "7", "idA"))
	case 6:
		w.line("twice(%s, func(x *dataflow.Workflow, i int) { x.AddNode(%s, fmt.Sprintf(\"t%%d\", i), %s) })", w.wf, w.nodeType(), w.params(1))
	case 7:
		w.line("%s.AddFunc(%s, func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil })", w.wf, w.fresh())
	}
}

func (w *writer) transaction() {
	old := w.wf
	w.wf = w.variable("tx")
	id := w.pick(`"t1"`, `"t2"`, "idA", `fmt.Sprintf("t%d", 9)`, "opaque()")
	w.nested("%s.AddTransaction(%s, func(%s *dataflow.Workflow) {", "})", old, id, w.wf)
	w.wf = old
}

func (w *writer) closure() {
	f := w.variable("f")
	outer := w.loop
	w.loop = "id"
	switch w.n(0, 2) {
	case 0:
		w.nested("%s := func(id string) {\n_ = id", "}", f)
		w.loop = outer
		w.line("%s(%s)", f, w.id())
		w.line("%s(%s)", f, w.id())
	case 1:
		w.nested("func(id string) {\n_ = id", "}(\"now\")")
		w.loop = outer
	default:
		w.nested("%s := func(id string) {\n_ = id", "}", f)
		w.loop = outer
		w.line("if %s {", w.pick("flag()", "debug"))
		w.line("\t%s(%s)", f, w.id())
		w.line("}")
		w.line("_ = %s", f)
	}
}

// local puts a value into a variable, and perhaps another one later.
func (w *writer) local() {
	v := w.variable("v")
	switch w.n(0, 3) {
	case 0:
		w.line("var %s any = %s", v, w.value(1))
	case 1:
		w.line("%s := any(%s)", v, w.value(1))
	default:
		w.line("var %s any", v)
		w.line("%s = %s", v, w.value(1))
	}
	if w.n(0, 3) == 0 {
		w.line("if flag() {\n%s = %s\n}", v, w.value(0))
	}
	w.line("%s.AddNode(%s, %s, dataflow.Params{\"id\": %s, \"more\": dataflow.Params{\"v\": %[4]s}})", w.wf, w.nodeType(), w.fresh(), v)
	if w.n(0, 3) == 0 {
		w.line("%s = %s", v, w.value(0))
		w.line("%s.AddNode(%s, %s, dataflow.Params{\"id\": %s})", w.wf, w.nodeType(), w.fresh(), v)
	}
}
