package graph_test

import (
	"slices"
	"testing"

	"github.com/dataflow-go/dataflow/graph"
)

// TestPossible checks that what other paths build is found where something seems
// to be missing, and never counts as being there.
func TestPossible(t *testing.T) {
	t.Parallel()
	known := func(s string) graph.Text { return graph.Text{S: s, Known: true} }
	conn := func(from, output, to, input string) graph.Connection {
		return graph.Connection{From: known(from), Output: known(output), To: known(to), Input: known(input)}
	}
	read := *graph.NodeOf("UserReadNode", "read", map[string]any{"id": "1"})
	create := *graph.NodeOf("UserCreateNode", "create", map[string]any{"id": "1", "full_name": "A"})
	for _, test := range []struct {
		name     string
		g        graph.Graph
		possible graph.Graph
		want     []string
	}{
		{
			name:     "a node that may be there is connected",
			g:        graph.Graph{Nodes: []graph.Node{read}, Connections: []graph.Connection{conn("maybe", "id", "read", "trigger"), conn("never", "id", "read", "trigger")}},
			possible: graph.Graph{Nodes: []graph.Node{*graph.NodeOf("UserReadNode", "maybe", map[string]any{"id": "1"})}},
			want:     []string{"DF-201"},
		},
		{
			name: "a node that is one of two of a kind has no such output either way",
			g:    graph.Graph{Nodes: []graph.Node{read}, Connections: []graph.Connection{conn("maybe", "idd", "read", "trigger")}},
			possible: graph.Graph{Nodes: []graph.Node{
				*graph.NodeOf("UserReadNode", "maybe", map[string]any{"id": "1"}), *graph.NodeOf("UserReadNode", "maybe", map[string]any{"id": "2"}),
			}},
			want: []string{"DF-202"},
		},
		{
			name: "one of two that differ is not judged",
			g:    graph.Graph{Nodes: []graph.Node{read}, Connections: []graph.Connection{conn("maybe", "found", "read", "trigger")}},
			possible: graph.Graph{Nodes: []graph.Node{
				*graph.NodeOf("UserReadNode", "maybe", map[string]any{"id": "1"}), *graph.NodeOf("UserListNode", "maybe", nil),
			}},
		},
		{
			name:     "a parameter that may be fed is not missing",
			g:        graph.Graph{Nodes: []graph.Node{read, create}},
			possible: graph.Graph{Connections: []graph.Connection{conn("read", "email", "create", "email")}},
		},
		{
			name: "a parameter that another node may be fed is missing",
			g:    graph.Graph{Nodes: []graph.Node{read, create}},
			possible: graph.Graph{Connections: []graph.Connection{conn("read", "email", "maybe", "email")},
				Nodes: []graph.Node{*graph.NodeOf("UserCreateNode", "maybe", map[string]any{"id": "1"})}},
			want: []string{"DF-101"},
		},
		{
			name:     "two of one id on different paths",
			g:        graph.Graph{Nodes: []graph.Node{read}},
			possible: graph.Graph{Nodes: []graph.Node{read}, Connections: []graph.Connection{conn("read", "id", "read", "id")}},
		},
		{
			name: "two of one id in a graph that is open",
			g:    graph.Graph{Nodes: []graph.Node{read, read}, Open: true},
			want: []string{"DF-806"},
		},
		{
			name:     "a workflow whose nodes are all on some path",
			possible: graph.Graph{Nodes: []graph.Node{read}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.g.Possible = &test.possible
			var got []string
			for _, f := range graph.Check(&test.g, shop(t)) {
				got = append(got, string(f.Code))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
