package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// checkStructure checks what concerns the workflow as a whole.
func (c *checker) checkStructure() {
	g := c.g
	if len(g.Nodes) == 0 && !g.Open && len(g.Misuse) == 0 && len(g.possible().Nodes) == 0 {
		c.emit(Finding{Finding: errcatalog.Finding{Code: errcatalog.DF805, Span: g.Span, Message: fmt.Sprintf("workflow %q has no nodes", g.Name)}})
	}
	first := map[string]errcatalog.Span{}
	for i := range g.Transactions {
		t := &g.Transactions[i]
		if !t.ID.Known {
			continue
		}
		if t.ID.S == "" {
			c.reportID(errcatalog.DF807, nil, t.ID, t.Call, `a transaction has an empty id`, errcatalog.Span{})
		} else if at, seen := first[t.ID.S]; seen {
			c.reportID(errcatalog.DF806, nil, t.ID, t.Call, fmt.Sprintf("two transactions have the id %q", t.ID.S), at)
		} else {
			first[t.ID.S] = t.Call
		}
	}
	c.checkTransactionOrder()
}

// checkNodeID reports DF-806 and DF-807.
func (c *checker) checkNodeID(n *Node) {
	if !n.ID.Known {
		return
	}
	switch {
	case n.ID.S == "":
		c.reportID(errcatalog.DF807, n, n.ID, n.Call, fmt.Sprintf("%s has an empty id; connections and results name nodes by it", cmp.Or(n.Type.S, "a node")), errcatalog.Span{})
	case strings.Contains(n.ID.S, "."):
		c.reportID(errcatalog.DF807, n, n.ID, n.Call, fmt.Sprintf("the node id %q has a dot in it; dots separate the parts of a path", n.ID.S), errcatalog.Span{})
	}
	if first := c.nodes[n.ID.S]; first != nil && first != n && n.ID.S != "" {
		c.reportID(errcatalog.DF806, n, n.ID, n.Call, fmt.Sprintf("two nodes have the id %q: %s and %s", n.ID.S, first.Type.S, n.Type.S), first.Call)
	}
}

func (c *checker) reportID(code errcatalog.Code, n *Node, id Text, call errcatalog.Span, message string, other errcatalog.Span) {
	f := Finding{Node: n, Finding: errcatalog.Finding{Code: code, Message: message, Span: id.Span}}
	f.Details.Node = id.S
	if n != nil {
		f.Details.NodeType = n.Type.S
	}
	if other.IsValid() {
		f.Related = []errcatalog.Related{{Message: "the first one", Span: other}}
	}
	switch code {
	case errcatalog.DF807:
		f.Details.Suggestion = strings.Trim(strings.ReplaceAll(id.S, ".", "_"), "_")
	case errcatalog.DF806:
		if other != call { // one call that runs twice is not mended by another id
			f.Details.Suggestion = c.freeID(id.S)
		}
	}
	if n != nil && f.Details.Suggestion != "" {
		mended := *n
		mended.ID.S = f.Details.Suggestion
		f.Details.Mended = NodeSource(&mended)
	}
	c.emitAt(f, call)
}

func (c *checker) freeID(id string) string {
	for i := 2; ; i++ {
		if s := fmt.Sprintf("%s_%d", id, i); c.nodes[s] == nil && c.possible[s] == nil {
			return s
		}
	}
}

// checkDependencies checks AddDependency calls.
func (c *checker) checkDependencies() {
	for i := range c.g.Dependencies {
		dep := &c.g.Dependencies[i]
		report := func(code errcatalog.Code, span errcatalog.Span, d errcatalog.Details, message string) {
			d.Source, d.Target = dep.Before.S, dep.After.S
			c.emitAt(Finding{Dependency: dep, Finding: errcatalog.Finding{Code: code, Message: message, Details: d, Span: span}}, dep.Call)
		}
		known := true
		for i, id := range []Text{dep.Before, dep.After} {
			other := []Text{dep.After, dep.Before}[i]
			if !id.Known || c.nodes[id.S] != nil || c.possible[id.S] != nil {
				known = known && c.nodes[id.S] != nil
				continue
			}
			known = false
			if !c.mayHaveNode() {
				d := c.unknownNode(id.S, other.S)
				d.Node = id.S
				report(errcatalog.DF201, id.Span, d, fmt.Sprintf("no node has the id %q%s", id.S, didYouMean(d.Suggestion)))
			}
		}
		if known && dep.Before.S == dep.After.S {
			report(errcatalog.DF210, dep.After.Span, errcatalog.Details{Node: dep.After.S}, fmt.Sprintf("node %q depends on itself", dep.After.S))
		}
	}
}

// An edge orders two nodes.
type edge struct {
	from, to string
	conn     *Connection // nil for a dependency
	dep      *Dependency
}

// edges lists the known edges between known, different nodes, in source order of
// their kind.
func (c *checker) edges() []edge {
	var edges []edge
	add := func(e edge) {
		if e.from != e.to && c.nodes[e.from] != nil && c.nodes[e.to] != nil {
			edges = append(edges, e)
		}
	}
	for i := range c.g.Connections {
		if conn := &c.g.Connections[i]; conn.From.Known && conn.To.Known {
			add(edge{conn.From.S, conn.To.S, conn, nil})
		}
	}
	for i := range c.g.Dependencies {
		if dep := &c.g.Dependencies[i]; dep.Before.Known && dep.After.Known {
			add(edge{dep.Before.S, dep.After.S, nil, dep})
		}
	}
	return edges
}

// checkCycles reports each cycle once, at the edge that closes it: DF-204.
func (c *checker) checkCycles() {
	edges := c.edges()
	if acyclic(edges) {
		return
	}
	next := map[string][]string{}
	for _, e := range edges {
		// An edge closes a cycle if its end already leads back to its start.
		path := pathBetween(next, e.to, e.from)
		if path == nil {
			next[e.from] = append(next[e.from], e.to)
			continue
		}
		cycle := strings.Join(append(path, e.to), " → ")
		d := errcatalog.Details{Source: e.from, Target: e.to, Extra: []errcatalog.ContextItem{{Key: "Cycle", Value: cycle}}}
		message := "the nodes wait for each other: " + cycle
		if e.conn != nil {
			c.reportConn(errcatalog.DF204, e.conn, e.conn.Call, d, "%s", message)
			continue
		}
		c.emitAt(Finding{Dependency: e.dep, Finding: errcatalog.Finding{Code: errcatalog.DF204, Message: message, Details: d}}, e.dep.Call)
	}
}

// acyclic reports whether the edges order their nodes (Kahn's algorithm).
func acyclic(edges []edge) bool {
	waits, next := map[string]int{}, map[string][]string{}
	for _, e := range edges {
		waits[e.from] += 0
		waits[e.to]++
		next[e.from] = append(next[e.from], e.to)
	}
	var ready []string
	for id, n := range waits {
		if n == 0 {
			ready = append(ready, id)
		}
	}
	ordered := 0
	for ; len(ready) > 0; ordered++ {
		id := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, to := range next[id] {
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return ordered == len(waits)
}

// pathBetween is a path from one node to another, both ends included, or nil.
func pathBetween(next map[string][]string, from, to string) []string {
	came := map[string]string{from: from}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == to {
			path := []string{to}
			for at != from {
				at = came[at]
				path = append(path, at)
			}
			slices.Reverse(path)
			return path
		}
		for _, n := range next[at] {
			if _, seen := came[n]; !seen {
				came[n] = at
				queue = append(queue, n)
			}
		}
	}
	return nil
}

// checkTransactionOrder reports DF-801: a node outside a transaction that waits
// for one of its nodes while another of its nodes waits for it. The transaction
// ends only when all its nodes have run, so neither could go on.
func (c *checker) checkTransactionOrder() {
	if len(c.g.Transactions) == 0 {
		return
	}
	parents := map[string]string{}
	for _, t := range c.g.Transactions {
		parents[t.ID.S] = t.Parent
	}
	top := func(id string) string {
		n := c.nodes[id]
		tx := n.Tx
		for tx != "" && parents[tx] != "" && parents[tx] != tx {
			tx = parents[tx]
		}
		if tx == "" {
			return id
		}
		return "transaction " + tx
	}
	edges := c.edges()
	if !acyclic(edges) {
		return // DF-204 says more
	}
	blocks := map[string][]string{}
	for _, e := range edges {
		from, to := top(e.from), top(e.to)
		if from == to {
			continue
		}
		path := pathBetween(blocks, to, from)
		if path == nil {
			blocks[from] = append(blocks[from], to)
			continue
		}
		message := fmt.Sprintf("%s → %s crosses a transaction so that both sides wait for each other: %s", e.from, e.to, strings.Join(append(path, to), " → "))
		f := Finding{Connection: e.conn, Dependency: e.dep, Finding: errcatalog.Finding{Code: errcatalog.DF801, Message: message, Details: errcatalog.Details{Source: e.from, Target: e.to}}}
		if e.conn != nil {
			f.Details = withArrow(f.Details, e.conn)
			c.emitAt(f, e.conn.Call)
		} else {
			c.emitAt(f, e.dep.Call)
		}
	}
}
