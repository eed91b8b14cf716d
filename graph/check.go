package graph

import (
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
// then not checked.
func Check(g *Graph, models Models) []Finding {
	c := &checker{g: g, models: models}
	return c.findings
}

type checker struct {
	g        *Graph
	models   Models
	findings []Finding
}
