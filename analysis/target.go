package analysis

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A TargetKind says what stands at a place in the source.
type TargetKind uint8

// What can stand at a place.
const (
	TargetNone         TargetKind = iota
	TargetWorkflowName            // the name given to NewWorkflow
	TargetNodeType                // "UserCreateNode"
	TargetNodeID                  // an id where a node is added, or where a connection names it
	TargetParamKey                // a key in a node's params: "email", "filter", "$like"
	TargetParamValue              // the value of such a key
	TargetOutput                  // the output of a connection
	TargetInput                   // the input of a connection
	TargetInputName               // the name given to dataflow.Input
	TargetTransaction             // the id of a transaction block
	TargetColumn                  // a column in a list of them: "-created_at" in order_by
	TargetResult                  // the id by which a node's result is read; it has no workflow
)

// A Target is what stands at a place in the source: what a hover speaks of.
type Target struct {
	Kind       TargetKind
	Text       string // what is written there: "UserCreateNode", "filter.user_id"
	Workflow   *Workflow
	Node       *graph.Node       // the node that is added or named
	Connection *graph.Connection // of TargetOutput, TargetInput, and ids in connections
	Path       string            // dotted from the node's params: "filter.email"
	Span       errcatalog.Span
	Model      *model.Model // that the node type means
	Param      *model.Param // parameter or output of the node's contract
	Field      *model.Field // column behind the parameter

	user *graph.Node // whose expression names the node
	bare bool        // it stands in an expression as an identifier
}

// At returns what stands at a byte offset of a file, or nil. The smallest of
// several wins; an offset just behind a text belongs to it.
func (p *Package) At(file string, offset int) *Target {
	var best *Target
	for _, t := range p.targets() {
		if t.Span.Start.Filename != file || offset < t.Span.Start.Offset || offset > t.Span.End.Offset {
			continue
		}
		if best == nil || size(t) < size(best) {
			best = t
		}
	}
	return best
}

// TargetsIn lists what stands in a file, each place once, in the order of the text.
func (p *Package) TargetsIn(file string) []*Target {
	var all []*Target
	for _, t := range p.targets() {
		if t.Span.Start.Filename == file {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b *Target) int {
		return cmp.Or(cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset), cmp.Compare(a.Span.End.Offset, b.Span.End.Offset))
	})
	return slices.CompactFunc(all, func(a, b *Target) bool { return a.Span == b.Span && a.Kind == b.Kind })
}

func size(t *Target) int { return t.Span.End.Offset - t.Span.Start.Offset }

// A targeter lists what stands where in one workflow.
type targeter struct {
	wf        *Workflow
	contracts map[string]*model.Contract // by node type
	all       []*Target
}

// targetsOf lists what stands in a workflow when it is called, at any time: what it needs
// of the models is looked up now.
func targetsOf(wf *Workflow, d *draft, models graph.Models) func() []*Target {
	contracts := map[string]*model.Contract{}
	for i := range wf.Graph.Nodes {
		if n := &wf.Graph.Nodes[i]; n.Type.Known {
			contracts[n.Type.S] = graph.Resolve(n.Type.S, models)
		}
	}
	name := d.name
	return func() []*Target {
		t := &targeter{wf: wf, contracts: contracts}
		if name.Known && !wf.fragment {
			t.add(Target{Kind: TargetWorkflowName, Text: name.S, Span: name.Span})
		}
		return t.list()
	}
}

// targetsFrom are the targets of a package. Those of one at rest are not kept, only which
// words they name.
func targetsFrom(parts []func() []*Target, resting bool) (targets func() []*Target, words func() wordSet) {
	all := func() []*Target {
		var all []*Target
		for _, part := range parts {
			all = append(all, part()...)
		}
		return all
	}
	if resting {
		return all, sync.OnceValue(func() wordSet { return wordsOf(all()) })
	}
	return sync.OnceValue(all), nil
}

// targetsNaming are the targets of a package that have one of the words as their text,
// their column or the name of their model. Others may be among them. Most packages at
// rest name none, and so need not be listed.
func (p *Package) targetsNaming(words ...string) []*Target {
	if p.words != nil && !slices.ContainsFunc(words, p.words().has) {
		return nil
	}
	return p.targets()
}

// A wordSet is a sorted set of words, by their hashes: it may say that it has a word that
// it has not.
type wordSet []uint32

var wordSeed = maphash.MakeSeed()

func hashWord(word string) uint32 { return uint32(maphash.String(wordSeed, word)) }

func (s wordSet) has(word string) bool {
	_, found := slices.BinarySearch(s, hashWord(word))
	return found
}

func wordsOf(targets []*Target) wordSet {
	var s wordSet
	for _, t := range targets {
		s = append(s, hashWord(t.Text))
		if t.Field != nil {
			s = append(s, hashWord(t.Field.Column))
		}
		if t.Model != nil {
			s = append(s, hashWord(t.Model.Name))
		}
	}
	slices.Sort(s)
	return slices.Clip(slices.Compact(s))
}

func (t *targeter) list() []*Target {
	g := t.wf.Graph
	for i := range g.Nodes {
		t.node(&g.Nodes[i])
	}
	for i := range g.Connections {
		t.connection(&g.Connections[i])
	}
	for i := range g.Dependencies {
		t.id(g.Dependencies[i].Before, nil)
		t.id(g.Dependencies[i].After, nil)
	}
	for i := range g.Transactions {
		t.add(Target{Kind: TargetTransaction, Text: g.Transactions[i].ID.S, Span: g.Transactions[i].ID.Span})
	}
	return t.all
}

func (t *targeter) add(target Target) {
	if target.Span.IsValid() {
		target.Workflow = t.wf
		t.all = append(t.all, &target)
	}
}

func (t *targeter) contract(n *graph.Node) (*model.Contract, *model.Model) {
	if n == nil || !n.Type.Known {
		return nil, nil
	}
	c := t.contracts[n.Type.S]
	if c == nil {
		return nil, nil
	}
	return c, c.Model
}

func (t *targeter) node(n *graph.Node) {
	c, m := t.contract(n)
	if n.Type.S != graph.FuncType {
		t.add(Target{Kind: TargetNodeType, Text: n.Type.S, Node: n, Span: n.Type.Span, Model: m})
	}
	t.add(Target{Kind: TargetNodeID, Text: n.ID.S, Node: n, Span: n.ID.Span, Model: m})
	t.value(n, c, m, "", &n.Params)
	for _, use := range t.wf.Graph.IDUses(n) {
		s := use.Value.Span
		if text, ok := use.Value.V.(string); ok && use.Offset >= 0 {
			if in := inside(use.Value); in.End.Offset-in.Start.Offset == len(text) {
				s = part(in, use.Offset, use.Offset+len(use.ID))
			}
		}
		named := t.wf.Graph.Node(use.ID)
		_, m := t.contract(named)
		t.add(Target{Kind: TargetNodeID, Text: use.ID, Node: named, Span: s, Model: m, user: n, bare: !use.Quoted})
	}
}

// value lists what stands in a value of a node's parameters.
func (t *targeter) value(n *graph.Node, c *model.Contract, m *model.Model, path string, v *graph.Value) {
	for i := range v.Entries {
		e := &v.Entries[i]
		at := joinPath(path, e.Key)
		param, field := meaning(c, m, at)
		t.add(Target{Kind: TargetParamKey, Text: e.Key, Node: n, Path: at, Span: e.KeySpan, Model: m, Param: param, Field: field})
		t.add(Target{Kind: TargetParamValue, Text: e.Value.Source, Node: n, Path: at, Span: e.Value.Span, Model: m, Param: param, Field: field})
		t.value(n, c, m, at, &e.Value)
	}
	for i := range v.Items {
		t.column(n, c, m, path, &v.Items[i])
		t.value(n, c, m, joinPath(path, strconv.Itoa(i)), &v.Items[i])
	}
	if v.Input != nil {
		param, field := meaning(c, m, path)
		t.add(Target{Kind: TargetInputName, Text: v.Input.Name, Node: n, Path: path, Span: v.Input.NameSpan, Model: m, Param: param, Field: field})
		if v.Input.Default != nil {
			t.value(n, c, m, path, v.Input.Default)
		}
	}
}

// column lists an item of a parameter that is a list of columns.
func (t *targeter) column(n *graph.Node, c *model.Contract, m *model.Model, path string, item *graph.Value) {
	name, ok := item.V.(string)
	if c == nil || m == nil || item.State != graph.StateKnown || !ok {
		return
	}
	param := c.Param(path)
	if param == nil || param.Shape != model.ShapeColumns && param.Shape != model.ShapeOrder {
		return
	}
	if f := m.FieldByColumn(strings.TrimPrefix(name, "-")); f != nil {
		t.add(Target{Kind: TargetColumn, Text: name, Node: n, Path: path, Span: inside(item), Model: m, Param: param, Field: f})
	}
}

// inside is what stands inside the quotes of a value that is written as a literal.
func inside(v *graph.Value) errcatalog.Span {
	if n := len(v.Source); n >= 2 && v.Source[0] == v.Source[n-1] && (v.Source[0] == '"' || v.Source[0] == '`') && v.Span.End.Offset-v.Span.Start.Offset == n {
		return part(v.Span, 1, n-1)
	}
	return v.Span
}

// meaning is the parameter that a path starts with, and the column that it ends in
// or goes through last.
func meaning(c *model.Contract, m *model.Model, path string) (*model.Param, *model.Field) {
	if c == nil {
		return nil, nil
	}
	segments := strings.Split(path, ".")
	param := c.Param(segments[0])
	if param != nil && param.Field != nil {
		return param, param.Field
	}
	if m == nil {
		return param, nil
	}
	for i := len(segments) - 1; i > 0; i-- {
		if f := m.FieldByColumn(segments[i]); f != nil {
			return param, f
		}
	}
	return param, nil
}

func (t *targeter) id(id graph.Text, c *graph.Connection) {
	n := t.wf.Graph.Node(id.S)
	_, m := t.contract(n)
	t.add(Target{Kind: TargetNodeID, Text: id.S, Node: n, Connection: c, Span: id.Span, Model: m})
}

func (t *targeter) connection(c *graph.Connection) {
	t.id(c.From, c)
	t.id(c.To, c)
	out := Target{Kind: TargetOutput, Text: c.Output.S, Connection: c, Path: c.Output.S, Span: c.Output.Span}
	if out.Node = t.wf.Graph.Node(c.From.S); out.Node != nil {
		var contract *model.Contract
		if contract, out.Model = t.contract(out.Node); contract != nil {
			first, rest, _ := strings.Cut(c.Output.S, ".")
			if out.Param = contract.Output(first); out.Param != nil {
				out.Field = out.Param.Field
			}
			if out.Field == nil && out.Model != nil && rest != "" {
				out.Field = out.Model.FieldByColumn(rest[strings.LastIndexByte(rest, '.')+1:])
			}
		}
	}
	t.add(out)
	in := Target{Kind: TargetInput, Text: c.Input.S, Connection: c, Path: c.Input.S, Span: c.Input.Span}
	if in.Node = t.wf.Graph.Node(c.To.S); in.Node != nil {
		var contract *model.Contract
		contract, in.Model = t.contract(in.Node)
		in.Param, in.Field = meaning(contract, in.Model, c.Input.S)
	}
	t.add(in)
}
