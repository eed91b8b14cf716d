package graph

import (
	"strconv"
	"strings"
)

// NodeSource is the builder call of a node as Go source, one parameter a line.
func NodeSource(n *Node) string {
	var b strings.Builder
	b.WriteString("wf.AddNode(" + strconv.Quote(n.Type.S) + ", " + strconv.Quote(n.ID.S) + ", ")
	writeParams(&b, n.Params.Entries, 0)
	b.WriteString(")")
	return b.String()
}

func writeParams(b *strings.Builder, entries []Entry, depth int) {
	if len(entries) == 0 {
		b.WriteString("dataflow.Params{}")
		return
	}
	indent := strings.Repeat("\t", depth+1)
	b.WriteString("dataflow.Params{\n")
	for i := range entries {
		e := &entries[i]
		b.WriteString(indent + strconv.Quote(e.Key) + ": ")
		if e.Value.State == StateMap && e.Value.Source == "" && len(e.Value.Entries) > 2 {
			writeParams(b, e.Value.Entries, depth+1)
		} else {
			b.WriteString(e.Value.GoSource())
		}
		b.WriteString(",\n")
	}
	b.WriteString(strings.Repeat("\t", depth) + "}")
}

// ConnectionSource is the builder call of a connection as Go source.
func ConnectionSource(c *Connection) string {
	return "wf.AddConnection(" + strconv.Quote(c.From.S) + ", " + strconv.Quote(c.Output.S) + ", " +
		strconv.Quote(c.To.S) + ", " + strconv.Quote(c.Input.S) + ")"
}

// withEntry is the node with a further parameter at path ("" for Params itself).
func withEntry(n *Node, path, key, source string) *Node {
	return edited(n, path, func(entries []Entry) []Entry {
		return append(entries, Entry{Key: key, Value: Value{Source: source}})
	})
}

// renamed is the node with the key at path renamed.
func renamed(n *Node, path, to string) *Node {
	parent, key := splitLast(path)
	return edited(n, parent, func(entries []Entry) []Entry {
		for i := range entries {
			if entries[i].Key == key {
				entries[i].Key = to
			}
		}
		return entries
	})
}

// without is the node without the entry at path.
func without(n *Node, path string) *Node {
	parent, key := splitLast(path)
	return edited(n, parent, func(entries []Entry) []Entry {
		kept := entries[:0]
		for _, e := range entries {
			if e.Key != key {
				kept = append(kept, e)
			}
		}
		return kept
	})
}

// withValue is the node with another value at path.
func withValue(n *Node, path, source string) *Node {
	parent, key := splitLast(path)
	return edited(n, parent, func(entries []Entry) []Entry {
		for i := range entries {
			if entries[i].Key == key {
				entries[i].Value = Value{Source: source}
			}
		}
		return entries
	})
}

// edited is a copy of n whose entries at path are changed by edit. Maps on the
// way are rendered anew, so they lose the text they have in the source.
func edited(n *Node, path string, edit func([]Entry) []Entry) *Node {
	out := *n
	out.Params = editValue(n.Params, path, edit)
	return &out
}

func editValue(v Value, path string, edit func([]Entry) []Entry) Value {
	v.Source = ""
	if path == "" {
		v.Entries = edit(append([]Entry(nil), v.Entries...))
		v.State = StateMap
		return v
	}
	key, rest, _ := strings.Cut(path, ".")
	switch v.State {
	case StateMap:
		v.Entries = append([]Entry(nil), v.Entries...)
		for i := range v.Entries {
			if v.Entries[i].Key == key {
				v.Entries[i].Value = editValue(v.Entries[i].Value, rest, edit)
			}
		}
	case StateList:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v.Items) {
			v.Items = append([]Value(nil), v.Items...)
			v.Items[i] = editValue(v.Items[i], rest, edit)
		}
	}
	return v
}

func splitLast(path string) (parent, key string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
