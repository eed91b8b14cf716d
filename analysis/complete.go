package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A CandidateKind says what a candidate is.
type CandidateKind uint8

// What can be completed.
const (
	CandidateNodeType CandidateKind = iota + 1
	CandidateNodeID
	CandidateOutput
	CandidateInput
	CandidateParam
	CandidateColumn
	CandidateOperator
	CandidateValue
	CandidateOption // of a struct tag
	CandidateCode   // of the catalogue
)

// A Candidate is one thing that can be written at the cursor.
type Candidate struct {
	Kind   CandidateKind
	Label  string
	Detail string // a type, what it is
	Doc    string // a sentence
	Rank   int    // lower comes first
	// Contract is what a node type, or a parameter, belongs to; nil for others.
	Contract *model.Contract
	Param    *model.Param
	// Rest, in the form of an LSP snippet, is written from the string's end on where
	// the rest of the call is missing; "" where there is nothing to add.
	Rest string
}

// A Completion is what can be written in place of a part of a source.
type Completion struct {
	Start, End int // bytes that are replaced
	// RestEnd is where Rest of a candidate ends: behind the closing quote.
	RestEnd    int
	Candidates []Candidate
}

// A completer finds the candidates at one cursor.
type completer struct {
	p       *Package
	file    string
	src     string
	offset  int
	c       *Cursor
	models  *graph.ModelSet
	out     *Completion
	pkgName string // by which the file imports DataFlow

	known []node // of the workflow, once they were asked for
}

// Complete lists what can be written at a byte offset of a source, which is the text of
// a file of the package; nil where that is nothing of ours. models are those that node
// types may name. The package may be of an earlier text.
func (p *Package) Complete(file, src string, offset int, models []*model.Model) *Completion {
	x := &completer{p: p, file: file, src: src, offset: offset, c: CursorAt(src, offset), models: graph.NewModelSet(models...)}
	x.out = &Completion{Start: x.c.Start, End: x.c.End, RestEnd: x.c.End}
	if x.c.Closed {
		x.out.RestEnd++
	}
	x.pkgName = dataflowName(src)
	switch {
	case x.c.Comment != "":
		x.ignore()
	case x.pkgName == "":
		return nil
	case x.c.Tag:
		x.tag()
	case x.c.Call == "AddNode" && len(x.c.Args) == 2:
		x.params()
	case !x.c.InString || len(x.c.Path) > 0 || x.c.Key || x.c.List:
	case x.c.Call == "AddNode" && len(x.c.Args) == 0:
		x.nodeTypes()
	case x.c.Call == "AddNode" && len(x.c.Args) == 1:
		x.freshID()
	case x.c.Call == "AddConnection":
		x.connection()
	case x.c.Call == "AddDependency" && len(x.c.Args) < 2:
		x.ids()
	}
	if len(x.out.Candidates) == 0 {
		return nil
	}
	return x.out
}

// dataflowName is how a source names package dataflow: "dataflow", an alias, "." or "".
func dataflowName(src string) string {
	i := strings.Index(src, `"`+rootPath+`"`)
	if i < 0 {
		return ""
	}
	line := strings.TrimSpace(src[strings.LastIndexByte(src[:i], '\n')+1 : i])
	line = strings.TrimSpace(strings.TrimPrefix(line, "import"))
	return cmp.Or(strings.TrimSpace(strings.TrimPrefix(line, "(")), "dataflow")
}

func (x *completer) add(c Candidate) { x.out.Candidates = append(x.out.Candidates, c) }

// nodeTypes offers every operation of every model, and the control nodes.
func (x *completer) nodeTypes() {
	for _, name := range x.models.Names() {
		m := x.models.Model(name)
		for i, op := range model.Operations {
			c := model.ContractOf(m, op)
			x.add(Candidate{
				Kind: CandidateNodeType, Label: c.NodeType, Detail: string(op) + " of " + m.Name, Rank: i, Contract: c,
				Rest: x.rest(c, m),
			})
		}
	}
	for _, t := range []string{graph.SwitchType, graph.MergeType, graph.TransformType} {
		c := graph.Resolve(t, nil)
		x.add(Candidate{Kind: CandidateNodeType, Label: t, Detail: "control node", Rank: len(model.Operations), Contract: c, Rest: x.rest(c, nil)})
	}
}

// rest is the rest of an AddNode call: an id, and a value for each required parameter.
func (x *completer) rest(c *model.Contract, m *model.Model) string {
	if !x.c.Bare {
		return ""
	}
	id := strings.ToLower(string(c.Operation[:min(1, len(c.Operation))])) + string(c.Operation[min(1, len(c.Operation)):])
	if m != nil {
		id += m.Name
	} else {
		id = strings.ToLower(strings.TrimSuffix(c.NodeType, "Node"))
	}
	var b strings.Builder // editors indent its lines as the one that it begins on
	fmt.Fprintf(&b, `", "${1:%s}", %s`, x.free(id), x.mapType())
	stop := 2
	required := slices.DeleteFunc(slices.Clone(c.Params), func(p model.Param) bool { return !p.Required })
	if len(required) == 0 {
		b.WriteString("{$2}")
	} else {
		b.WriteString("{\n")
		for _, p := range required {
			fmt.Fprintf(&b, "\t%q: ${%d:%s},\n", p.Name, stop, escapeSnippet(x.value(&p, m)))
			stop++
		}
		b.WriteString("}")
	}
	rest, _, _ := strings.Cut(x.src[x.out.RestEnd:], "\n")
	if !strings.HasPrefix(strings.TrimSpace(rest), ")") {
		b.WriteString(")")
	}
	return b.String()
}

func (x *completer) mapType() string {
	if x.pkgName == "." {
		return "Params"
	}
	return x.pkgName + ".Params"
}

// value is something to begin with that the rules accept.
func (x *completer) value(p *model.Param, m *model.Model) string {
	row := func(want func(*model.Field) bool) string {
		var parts []string
		for i := range m.Fields {
			if f := &m.Fields[i]; want(f) {
				parts = append(parts, strconv.Quote(f.Column)+": "+x.of(f.Type.Example(f.Column)))
			}
		}
		return x.mapType() + "{" + strings.Join(parts, ", ") + "}"
	}
	switch {
	case m == nil:
	case p.Shape == model.ShapeFilter, p.Shape == model.ShapeWhere:
		return row(func(f *model.Field) bool { return f.Primary })
	case p.Shape == model.ShapeFields && p.Name == "create":
		return row((*model.Field).RequiredOnCreate)
	case p.Shape == model.ShapeFields:
		first := slices.IndexFunc(m.Fields, func(f model.Field) bool { return !f.Primary && f.Settable() })
		return row(func(f *model.Field) bool { return first >= 0 && f == &m.Fields[first] })
	case p.Shape == model.ShapeRows:
		return "[]" + x.mapType() + "{" + strings.TrimPrefix(row((*model.Field).RequiredOnCreate), x.mapType()) + "}"
	}
	if len(p.Enum) > 0 {
		return strconv.Quote(p.Enum[0])
	}
	if p.Field != nil {
		if allowed := oneOf(p.Field.Validate); len(allowed) > 0 && p.Type.Kind == model.KindString {
			return strconv.Quote(allowed[0])
		}
	}
	return x.of(p.Type.Example(p.Name))
}

// of names package dataflow in Go source as the file does.
func (x *completer) of(source string) string {
	return strings.ReplaceAll(source, "dataflow.Params", x.mapType())
}

var snippetEscapes = strings.NewReplacer(`\`, `\\`, `$`, `\$`, `}`, `\}`)

func escapeSnippet(s string) string { return snippetEscapes.Replace(s) }

// ignore offers the codes that a comment can ask to ignore.
func (x *completer) ignore() {
	text, ok := strings.CutPrefix(x.c.Comment, "//dataflow:ignore")
	if !ok || !strings.HasPrefix(text, " ") && text != "" {
		return
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if n := len(words); n > 1 || n == 1 && strings.HasSuffix(text, " ") {
		last := words[n-1]
		if !strings.HasPrefix(last, "D") || strings.HasSuffix(text, " ") {
			return // the reason
		}
	}
	start := x.offset
	for start > 0 && x.src[start-1] != ' ' && x.src[start-1] != ',' {
		start--
	}
	x.out.Start, x.out.End, x.out.RestEnd = start, x.offset, x.offset
	for i, e := range errcatalog.Entries() {
		if e.Static {
			x.add(Candidate{Kind: CandidateCode, Label: string(e.Code), Detail: e.Title, Rank: i})
		}
	}
}
