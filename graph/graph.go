// Package graph holds the one description of a workflow, and the rules that
// every workflow must keep.
//
// A Graph is made by the builder of package dataflow from calls at run time, and
// by package analysis from the same calls in Go source. Check runs the rules over
// either, so the editor, the builder and the command line cannot disagree.
//
// A rule reports only what is certain. What could not be seen (a value computed
// at run time, a node id that is not a constant) silences the rules that need it.
package graph

import (
	"context"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A Func is the body of a function node.
type Func func(ctx context.Context, inputs map[string]any) (map[string]any, error)

// A Graph is a workflow: nodes, and how values and order run between them.
// It is immutable once made.
type Graph struct {
	Name         string
	Nodes        []Node
	Connections  []Connection
	Dependencies []Dependency
	Transactions []Transaction

	// Open says that there may be nodes, connections or dependencies that are
	// not listed here: only from source, when part of the building could not be
	// followed.
	Open bool
	// Possible is what other paths through the source add: each part of it may be
	// there or not. What is missing above may be found in it; what must be there
	// together may not. The builder, which takes one path, never sets it.
	Possible *Graph
	// Span is the call of NewWorkflow.
	Span errcatalog.Span
	// Misuse are mistakes in building that leave no trace in the graph: a call
	// on a nil workflow, a builder call after a transaction block has ended.
	Misuse []errcatalog.Finding
}

// A Node is one step of a workflow.
type Node struct {
	ID     Text
	Type   Text   // "UserCreateNode"; FuncType for a function node
	Params Value  // a map (StateMap), or StateOpaque
	Func   Func   // function nodes at run time; nil from source
	Tx     string // id of the innermost transaction block, "" outside
	Call   errcatalog.Span
}

// FuncType is the node type of function nodes, made by AddFunc.
const FuncType = "FuncNode"

// A Text is a string argument of a builder call.
type Text struct {
	S     string
	Known bool            // false: not a constant, S is empty
	Span  errcatalog.Span // what stands inside the quotes; the expression where it is no literal
}

// A Connection carries a value from an output to a parameter, and orders its nodes.
type Connection struct {
	From, Output, To, Input Text
	Call                    errcatalog.Span
}

// A Dependency orders two nodes without carrying a value.
type Dependency struct {
	Before, After Text
	Call          errcatalog.Span
}

// A Transaction is a block whose nodes run in one database transaction.
type Transaction struct {
	ID     Text
	Parent string // id of the enclosing block, "" at the top
	Call   errcatalog.Span
}

// A State says how much is known of a Value.
type State uint8

// The states.
const (
	StateOpaque State = iota // nothing is known
	StateTyped               // the Go type is known, the value is not
	StateKnown               // a scalar value, in Value.V
	StateInput               // given when the workflow runs: Value.Input
	StateMap                 // a map with string keys: Value.Entries
	StateList                // a slice or array: Value.Items
)

// A Value is a parameter's value, as far as it is known.
type Value struct {
	State State
	// V is the value where State is StateKnown: nil, bool, int64, uint64 (only
	// above the range of int64), float64, string, []byte, time.Time, uuid.UUID,
	// decimal.Decimal, or json.RawMessage.
	V any
	// Type is the value's type in the model's terms; KindInvalid where it has
	// none (an untyped nil, a Go type that no column holds).
	Type model.Type
	// Untyped says that V is a constant without a Go type of its own, so that it
	// converts as Go's constants do: 1 fits a float column.
	Untyped bool
	GoType  string  // for messages: "int", "[]string"
	Entries []Entry // StateMap, in source order (sorted by key at run time)
	Items   []Value // StateList
	Input   *Input  // StateInput
	// Partial says that a map or list may hold more than is listed.
	Partial bool
	// Source is the expression as Go source; made from V at run time.
	Source string
	Span   errcatalog.Span // the expression
	// Any is the value as the user gave it, at run time only: what the engine
	// binds when State is StateTyped or StateOpaque.
	Any any
}

// An Entry is one key of a map value.
type Entry struct {
	Key   string
	Value Value
	// KeySpan is what stands inside the key's quotes, or the key's expression.
	KeySpan errcatalog.Span
	// Span is the whole entry.
	Span errcatalog.Span
}

// An Input is a value that is given when the workflow runs.
type Input struct {
	Name     string
	Default  *Value // nil: the input is required
	NameSpan errcatalog.Span
}

// Get returns the entry of key, or nil. Of equal keys the last one wins.
func (v *Value) Get(key string) *Entry {
	for i := len(v.Entries) - 1; i >= 0; i-- {
		if v.Entries[i].Key == key {
			return &v.Entries[i]
		}
	}
	return nil
}

// Node returns the first node of the given id, or nil.
func (g *Graph) Node(id string) *Node {
	for i := range g.Nodes {
		if g.Nodes[i].ID.Known && g.Nodes[i].ID.S == id {
			return &g.Nodes[i]
		}
	}
	return nil
}

// possible is what may be there besides: empty, never nil.
func (g *Graph) possible() *Graph {
	if g.Possible == nil {
		return &Graph{}
	}
	return g.Possible
}

// Models finds the model that a node type names.
//
// Model returns nil when there is none. Closed says whether every model that the
// workflow can mean is known: only then is an unknown name a mistake.
type Models interface {
	Model(name string) *model.Model
	Names() []string
	Closed() bool
}
