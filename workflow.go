package dataflow

import (
	"context"
	"fmt"
	"go/token"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// A Workflow is a graph of nodes in the making. Its methods chain, never panic
// and never fail: all that is wrong comes out of Build, and of the engine's Run,
// at once, each error with the file and line of the call at fault.
//
// A Workflow must not be changed by several goroutines at once. One that is no
// longer changed may be built and run by many.
type Workflow struct {
	b     *build
	tx    string // the transaction block that this handle adds to
	ended bool   // the block's function has returned
}

// build is what the handles of one workflow share.
type build struct {
	g    graph.Graph
	made atomic.Pointer[graph.Graph] // g as Graph returned it; nil once more was added
}

// NewWorkflow starts a workflow. The name is for people: errors, logs, editors.
func NewWorkflow(name string) *Workflow {
	return &Workflow{b: &build{g: graph.Graph{Name: name, Span: caller()}}}
}

// AddNode adds a node. nodeType is Model + operation + "Node" ("UserCreateNode"),
// or SwitchNode, MergeNode, TransformNode; id names the node in connections and
// results and has no dot; p holds the parameters of the node type's contract, as they
// are now: what is changed in it afterwards changes no node.
// Mistakes are the codes 1XX and 7XX, DF-806 and DF-807.
func (w *Workflow) AddNode(nodeType, id string, p Params) *Workflow {
	if b := w.open("AddNode", id); b != nil {
		if p == nil {
			p = Params{}
		}
		b.g.Nodes = append(b.g.Nodes, graph.Node{ID: text(id), Type: text(nodeType), Params: graph.ValueOf(graph.Snapshot(p)), Tx: w.tx, Call: caller()})
	}
	return w
}

// AddConnection feeds the parameter input of node to with output of node from,
// and runs to after from. Both may be dot paths: "records.0.id", "filter.user_id".
// The input "trigger", which every node has, carries no value. Mistakes are the
// codes 2XX.
func (w *Workflow) AddConnection(from, output, to, input string) *Workflow {
	if b := w.open("AddConnection", to); b != nil {
		b.g.Connections = append(b.g.Connections, graph.Connection{From: text(from), Output: text(output), To: text(to), Input: text(input), Call: caller()})
	}
	return w
}

// AddDependency runs node after once node before has succeeded; no value is carried.
func (w *Workflow) AddDependency(before, after string) *Workflow {
	if b := w.open("AddDependency", after); b != nil {
		b.g.Dependencies = append(b.g.Dependencies, graph.Dependency{Before: text(before), After: text(after), Call: caller()})
	}
	return w
}

// AddFunc adds a node that calls f with the values connected to it, by input
// name. Its outputs are the values that f returns. An error of f is DF-501, a
// panic DF-512. f may be called by several runs at once.
func (w *Workflow) AddFunc(id string, f func(context.Context, Params) (Params, error)) *Workflow {
	if b := w.open("AddFunc", id); b != nil {
		if f == nil {
			w.misuse(b, graph.NilFunc(id))
			return w
		}
		b.g.Nodes = append(b.g.Nodes, graph.Node{ID: text(id), Type: text(graph.FuncType), Params: graph.ValueOf(Params{}), Func: f, Tx: w.tx, Call: caller()})
	}
	return w
}

// AddTransaction runs the nodes that f adds to tx in one database transaction:
// all of them take effect, or none does. A block inside a block is a savepoint.
func (w *Workflow) AddTransaction(id string, f func(tx *Workflow)) *Workflow {
	if b := w.open("AddTransaction", id); b != nil {
		if f == nil {
			w.misuse(b, graph.NilTransaction(id))
			return w
		}
		b.g.Transactions = append(b.g.Transactions, graph.Transaction{ID: text(id), Parent: w.tx, Call: caller()})
		tx := &Workflow{b: b, tx: id}
		f(tx)
		tx.ended = true
	}
	return w
}

// Graph returns the workflow as it stands, unchecked. It shares nothing that
// later calls change.
func (w *Workflow) Graph() *graph.Graph {
	if w == nil || w.b == nil {
		return &graph.Graph{Misuse: []errcatalog.Finding{{
			Code: errcatalog.DF801, Message: "the workflow is nil: it was not made by NewWorkflow",
		}}}
	}
	if made := w.b.made.Load(); made != nil {
		return made
	}
	g := w.b.g
	g.Nodes, g.Connections = slices.Clip(g.Nodes), slices.Clip(g.Connections)
	g.Dependencies, g.Transactions = slices.Clip(g.Dependencies), slices.Clip(g.Transactions)
	// One graph for all who ask: engines keep ready what they have run before.
	if !w.b.made.CompareAndSwap(nil, &g) {
		if made := w.b.made.Load(); made != nil {
			return made
		}
	}
	return &g
}

// Build returns the workflow's graph, or everything that is wrong with it and can
// be told without the models. Run, which knows the models, checks the rest.
func (w *Workflow) Build() (*graph.Graph, error) {
	g := w.Graph()
	var errs []*errcatalog.Error
	for _, f := range graph.Check(g, nil) {
		if f.Severity == errcatalog.SeverityError {
			errs = append(errs, errcatalog.New(f.Finding))
		}
	}
	if err := errcatalog.Join(errs); err != nil {
		return nil, err
	}
	return g, nil
}

// open returns the workflow's build if it still takes calls, and notes a misuse
// where it does not.
func (w *Workflow) open(method, id string) *build {
	if w == nil || w.b == nil {
		return nil // Graph says so
	}
	if w.ended {
		w.misuse(w.b, errcatalog.Finding{
			Code: errcatalog.DF801, Details: errcatalog.Details{Node: id},
			Message: fmt.Sprintf("%s of %q on transaction %q, which has ended: add to it inside the function of AddTransaction", method, id, w.tx),
		})
		return nil
	}
	w.b.made.Store(nil)
	return w.b
}

func (w *Workflow) misuse(b *build, f errcatalog.Finding) {
	f.Details.Workflow, f.Span = b.g.Name, caller()
	b.made.Store(nil)
	b.g.Misuse = append(b.g.Misuse, f)
}

func text(s string) graph.Text { return graph.Text{S: s, Known: true} }

// caller is the line of the first call from outside this file.
func caller() errcatalog.Span {
	var pcs [8]uintptr
	n := runtime.Callers(2, pcs[:])
	var at place
	for _, pc := range pcs[:n] {
		if at = placeOf(pc); !at.own {
			break
		}
	}
	return errcatalog.Span{Start: token.Position{Filename: at.file, Line: at.line}}
}

// A place is the line that a program counter stands for.
type place struct {
	file string
	line int
	own  bool // in this file
}

// places remembers the place of each program counter that a builder was called
// from: looking one up in the binary takes far longer than the rest of the call.
// It has an entry per call in the program's source, so it stays small.
var places sync.Map // uintptr → place

func placeOf(pc uintptr) place {
	if p, ok := places.Load(pc); ok {
		return p.(place)
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	p := place{f.File, f.Line, f.File == thisFile}
	places.Store(pc, p)
	return p
}

var thisFile = func() string { _, file, _, _ := runtime.Caller(0); return file }()
