package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A Finding is a mistake in a graph, with the part of the graph that is at fault.
type Finding struct {
	errcatalog.Finding
	Node       *Node       // the node at fault, or nil
	Connection *Connection // the connection at fault, or nil
	Dependency *Dependency // the dependency at fault, or nil
	// Path is the parameter at fault, dotted from the node's Params: "filter.emial",
	// "data.0.sku". For a missing parameter it is the map that misses it ("" for Params itself).
	Path string
	// Missing are the parameters that the map at Path misses.
	Missing []model.Param
}

// Check runs every rule over g and returns what is wrong, in the order of the
// source. A nil models means that no model is known: what depends on models is
// then not checked. Severities are the catalogue's.
func Check(g *Graph, models Models) []Finding { return newChecker(g, models).check() }

// A Review is all that can be said of a graph before it runs.
type Review struct {
	Wrong  []Finding // what Check returns
	Hints  []Finding // what is right and could be better: DF-714, DF-715, DF-804
	Strict []Finding // what CheckStrict returns
}

// CheckAll is Check and CheckStrict in one, with hints for an editor.
func CheckAll(g *Graph, models Models) Review {
	c := newChecker(g, models)
	return Review{Wrong: c.check(), Hints: c.hints(), Strict: c.checkStrict()}
}

func (c *checker) check() []Finding {
	for _, f := range c.g.Misuse {
		c.emit(Finding{Finding: f})
	}
	c.checkStructure()
	for i := range c.g.Nodes {
		c.checkNode(&c.g.Nodes[i])
	}
	c.checkConnections()
	c.checkDependencies()
	c.checkCycles()
	return c.take()
}

// take is what was found since the last time, in the order of the source.
func (c *checker) take() []Finding {
	found := c.findings
	c.findings = nil
	sortFindings(found)
	return found
}

// sortFindings puts findings in the order of the source.
func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.Span.Start.Filename, b.Span.Start.Filename),
			cmp.Compare(a.Span.Start.Line, b.Span.Start.Line),
			cmp.Compare(a.Span.Start.Column, b.Span.Start.Column),
		)
	})
}

// CheckNode runs the rules of parameters over one node, as Check does: for the
// engine, which has the values of connections and inputs when the node is about to run.
func CheckNode(n *Node, models Models) []Finding {
	c := newChecker(&Graph{}, models)
	c.checkNode(n)
	return c.findings
}

// NodeOf is a node with the given parameters, as the builder makes it.
func NodeOf(nodeType, id string, params map[string]any) *Node {
	if params == nil {
		params = map[string]any{}
	}
	return &Node{ID: Text{S: id, Known: true}, Type: Text{S: nodeType, Known: true}, Params: ValueOf(params)}
}

// A checker runs the rules over one graph.
type checker struct {
	g         *Graph
	models    Models
	nodes     map[string]*Node          // by id, the first of each
	possible  map[string][]*Node        // by id, those of Graph.Possible
	contracts map[*Node]*model.Contract // nil value: the node type is unknown
	feeds     map[string][]string       // node id → inputs that connections feed, those of Graph.Possible too
	certain   map[string][]string       // the same without those
	openFeeds map[string]bool           // node id → fed by a connection whose input is not known
	findings  []Finding
}

func newChecker(g *Graph, models Models) *checker {
	c := &checker{
		g: g, models: models, nodes: make(map[string]*Node, len(g.Nodes)), possible: map[string][]*Node{},
		contracts: map[*Node]*model.Contract{}, feeds: map[string][]string{}, certain: map[string][]string{}, openFeeds: map[string]bool{},
	}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.ID.Known && c.nodes[n.ID.S] == nil {
			c.nodes[n.ID.S] = n
		}
	}
	may := g.possible()
	for i := range may.Nodes {
		if n := &may.Nodes[i]; n.ID.Known {
			c.possible[n.ID.S] = append(c.possible[n.ID.S], n)
		}
	}
	for i := range g.Connections {
		if to, ok := c.feed(&g.Connections[i]); ok {
			c.certain[to] = append(c.certain[to], g.Connections[i].Input.S)
		}
	}
	for i := range may.Connections {
		c.feed(&may.Connections[i])
	}
	return c
}

// feed notes what a connection feeds, and of which node, where both are known.
func (c *checker) feed(conn *Connection) (to string, ok bool) {
	switch {
	case !conn.To.Known:
		c.openFeeds["*"] = true
	case !conn.Input.Known:
		c.openFeeds[conn.To.S] = true
	default:
		to = c.meantNode(conn)
		c.feeds[to] = append(c.feeds[to], conn.Input.S)
		return to, true
	}
	return "", false
}

// meantNode is the id of the node that a connection feeds, or that it misspells:
// then the misspelling is the mistake (DF-201), not what the node seems to miss.
func (c *checker) meantNode(conn *Connection) string {
	if c.nodes[conn.To.S] == nil && c.possible[conn.To.S] == nil {
		if near := c.unknownNode(conn.To.S, conn.From.S).Suggestion; near != "" {
			return near
		}
	}
	return conn.To.S
}

// emit records a finding, with the catalogue's severity and the workflow's name.
func (c *checker) emit(f Finding) {
	if f.Severity == errcatalog.SeverityDefault {
		f.Severity = errcatalog.SeverityError
		if entry, ok := errcatalog.Lookup(f.Code); ok {
			f.Severity = entry.Severity
		}
	}
	if f.Details.Workflow == "" {
		f.Details.Workflow = c.g.Name
	}
	c.findings = append(c.findings, f)
}

// mayBeFed reports whether a connection that cannot be seen may feed the node.
func (c *checker) mayBeFed(n *Node) bool {
	return c.g.Open || !n.ID.Known || c.openFeeds["*"] || c.openFeeds[n.ID.S]
}

// fed reports whether a connection feeds the path, or something below or above it,
// or may do so.
func (c *checker) fed(n *Node, path string) bool { return feedsPath(c.feeds[n.ID.S], path) }

// surelyFed reports whether a connection feeds the path, or something below or above it.
func (c *checker) surelyFed(n *Node, path string) bool { return feedsPath(c.certain[n.ID.S], path) }

func feedsPath(inputs []string, path string) bool {
	return slices.ContainsFunc(inputs, func(input string) bool {
		return input == path || strings.HasPrefix(input, path+".") || strings.HasPrefix(path, input+".")
	})
}

// fedBelow lists the first segments below path that connections feed, or may: for
// "filter" and the input "filter.user_id.$gte" it is "user_id".
func (c *checker) fedBelow(n *Node, path string) []string {
	var names []string
	for _, input := range c.feeds[n.ID.S] {
		rest := input
		if path != "" {
			var ok bool
			if rest, ok = strings.CutPrefix(input, path+"."); !ok {
				continue
			}
		}
		first, _, _ := strings.Cut(rest, ".")
		names = append(names, first)
	}
	return names
}
