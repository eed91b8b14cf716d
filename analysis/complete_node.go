package analysis

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
)

// freshID offers an id for a new node, after its type.
func (x *completer) freshID() {
	t := x.c.Args[0].Text
	c := graph.Resolve(t, x.models)
	if c == nil {
		return
	}
	id := strings.TrimSuffix(t, "Node")
	if c.Model != nil {
		id = strings.ToLower(string(c.Operation[:1])) + string(c.Operation[1:]) + c.Model.Name
	} else {
		id = strings.ToLower(id)
	}
	x.add(Candidate{Kind: CandidateNodeID, Label: x.free(id), Detail: "new node"})
}

// free is an id that no node of the workflow has.
func (x *completer) free(id string) string {
	nodes := x.nodes()
	taken := func(id string) bool { return slices.ContainsFunc(nodes, func(n node) bool { return n.id == id }) }
	if !taken(id) {
		return id
	}
	for i := 2; ; i++ {
		if next := id + strconv.Itoa(i); !taken(next) {
			return next
		}
	}
}

// A node is one that the workflow at the cursor has.
type node struct {
	id, typ string
	known   *graph.Node // as analysis has it; nil where it is only in the text
}

// nodes are those of the workflow that is built around the cursor: what the text of the
// function says, which may be newer than what was analysed, then what helpers add.
func (x *completer) nodes() []node {
	if x.known == nil {
		x.known = x.findNodes()
	}
	return x.known
}

func (x *completer) findNodes() []node {
	all, byID := []node{}, map[string]int{}
	add := func(n node) {
		i, ok := byID[n.id]
		switch {
		case n.id == "":
		case !ok:
			byID[n.id] = len(all)
			all = append(all, n)
		case all[i].known == nil:
			all[i].known = n.known
		}
	}
	start, end := functionAround(x.src, x.offset)
	for _, n := range nodesIn(x.src, start, end) {
		add(n)
	}
	if x.p == nil {
		return all
	}
	for _, wf := range x.p.Workflows {
		if wf.File == x.file && wf.Body.Start.Offset <= x.offset && x.offset <= wf.Body.End.Offset+1 {
			for i := range wf.Graph.Nodes {
				n := &wf.Graph.Nodes[i]
				add(node{n.ID.S, n.Type.S, n})
			}
		}
	}
	for _, t := range x.p.targets() { // a function that extends a workflow made elsewhere
		if t.Kind == TargetNodeID && t.Node != nil && t.Span.Start.Filename == x.file && start <= t.Span.Start.Offset && t.Span.Start.Offset < end {
			add(node{t.Node.ID.S, t.Node.Type.S, t.Node})
		}
	}
	return all
}

// functionAround is the text of the top-level function around an offset, by the lines
// that begin with func.
func functionAround(src string, offset int) (start, end int) {
	start = max(strings.LastIndex(src[:offset], "\nfunc "), 0)
	if i := strings.Index(src[offset:], "\nfunc "); i >= 0 {
		return start, offset + i
	}
	return start, len(src)
}

// nodesIn lists the nodes that a text adds by literals.
func nodesIn(src string, start, end int) []node {
	var all []node
	text := src[start:end]
	for i := 0; ; {
		j := strings.Index(text[i:], ".Add")
		if j < 0 {
			return all
		}
		i += j + len(".Add")
		call, args, ok := strings.Cut(text[i:min(i+300, len(text))], "(")
		if !ok || call != "Node" && call != "Func" {
			continue
		}
		first, rest := leadingString(args)
		if call == "Func" {
			all = append(all, node{id: first, typ: graph.FuncType})
			continue
		}
		if rest, ok = strings.CutPrefix(strings.TrimSpace(rest), ","); ok {
			id, _ := leadingString(rest)
			if id == "" {
				id = constantIn(src, rest)
			}
			all = append(all, node{id: id, typ: first})
		}
	}
}

// constantIn is the text of the constant at the beginning of an argument, if the source
// declares it.
func constantIn(src, arg string) string {
	name := identifierAt.FindString(strings.TrimSpace(arg))
	if name == "" {
		return ""
	}
	for _, spaces := range []string{" = ", "  = ", "\t= "} {
		if i := strings.Index(src, name+spaces); i >= 0 {
			s, _ := leadingString(src[i+len(name)+len(spaces):])
			return s
		}
	}
	return ""
}

var identifierAt = regexp.MustCompile(`^[\pL_][\pL\pN_]*`)

// leadingString reads a string literal at the beginning of a text.
func leadingString(text string) (s, rest string) {
	text = strings.TrimSpace(text)
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", text
	}
	s, _ = strconv.Unquote(quoted) // a quoted prefix unquotes
	return s, text[len(quoted):]
}

// ids offers the nodes of the workflow, but for one that stands in the call already.
func (x *completer) ids() {
	for i, n := range x.nodes() {
		if slices.ContainsFunc(x.c.Args, func(a Argument) bool { return a.Text == n.id }) {
			continue
		}
		x.add(Candidate{Kind: CandidateNodeID, Label: n.id, Detail: n.typ, Rank: i})
	}
}
