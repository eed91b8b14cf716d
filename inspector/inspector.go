// Package inspector answers questions about a workflow's graph: where a value comes
// from, what depends on a node, in which order nodes run, what is wrong. Nothing is run.
//
// The graph is that of a built workflow, or one that was read from source. What is wrong
// is told by the rules of package graph alone, so that the answers here and those of the
// editor, the builder and the command line are the same. Where part of a graph could not
// be read, answers speak of the part that could; Whole tells whether that is all.
package inspector

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// An Inspector answers questions about one graph. It is immutable and safe for
// concurrent use.
type Inspector struct {
	g      *graph.Graph
	models graph.Models
	nodes  map[string]*graph.Node
	in     map[string][]*graph.Connection // by target
	out    map[string][]*graph.Connection // by source
}

// New makes an Inspector of a graph; models are those that its node types mean.
func New(g *graph.Graph, models graph.Models) *Inspector {
	i := &Inspector{
		g: g, models: models, nodes: map[string]*graph.Node{},
		in: map[string][]*graph.Connection{}, out: map[string][]*graph.Connection{},
	}
	for k := range g.Nodes {
		if n := &g.Nodes[k]; n.ID.Known && i.nodes[n.ID.S] == nil {
			i.nodes[n.ID.S] = n
		}
	}
	for k := range g.Connections {
		c := &g.Connections[k]
		i.in[c.To.S] = append(i.in[c.To.S], c)
		i.out[c.From.S] = append(i.out[c.From.S], c)
	}
	return i
}

// Whole reports whether the graph was seen whole: no node, connection or id is hidden in
// code that could not be read.
func (i *Inspector) Whole() bool {
	return !i.g.Open && i.g.Possible == nil && !slices.ContainsFunc(i.g.Nodes, func(n graph.Node) bool { return !n.ID.Known || !n.Type.Known })
}

// node finds a node; the error names the nearest id (DF-201).
func (i *Inspector) node(id string) (*graph.Node, error) {
	if n := i.nodes[id]; n != nil {
		return n, nil
	}
	ids := i.ids()
	message := fmt.Sprintf("no node has the id %q", id)
	if near := errcatalog.Nearest(id, ids); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	} else {
		message += fmt.Sprintf("; workflow %q has %s", i.g.Name, strings.Join(ids, ", "))
	}
	return nil, errcatalog.New(errcatalog.Finding{
		Code: errcatalog.DF201, Message: message, Details: errcatalog.Details{Node: id, Suggestion: errcatalog.Nearest(id, ids), Allowed: ids},
	})
}

// ids are those of the nodes, in the order in which they were added.
func (i *Inspector) ids() []string {
	ids := []string{}
	for k := range i.g.Nodes {
		if n := &i.g.Nodes[k]; n.ID.Known {
			ids = append(ids, n.ID.S)
		}
	}
	return ids
}

func (i *Inspector) contract(n *graph.Node) *model.Contract { return graph.Resolve(n.Type.S, i.models) }
