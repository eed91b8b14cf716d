package lsp_test

import (
	"fmt"
	"strings"
)

type hierarchyItem struct {
	Name           string `json:"name"`
	Detail         string `json:"detail"`
	Kind           int    `json:"kind"`
	URI            string `json:"uri"`
	Range          span   `json:"range"`
	SelectionRange span   `json:"selectionRange"`
	Data           any    `json:"data"`
}

// hierarchy compares the nodes before and after one with a golden:
// //@hierarchy("text", "golden"); without a golden there is no node.
func (f *markedFile) hierarchy(m marker) {
	f.t.Helper()
	var items []hierarchyItem
	f.c.mustCall("textDocument/prepareCallHierarchy", f.positionIn(m), &items)
	if len(items) == 0 || len(m.args) == 0 {
		if len(items) != 0 || len(m.args) != 0 {
			f.t.Errorf("%s: items %+v", m.where, items)
		}
		return
	}
	var b strings.Builder
	line := func(prefix string, item hierarchyItem, ranges []span) {
		fmt.Fprintf(&b, "%s%s (%s) at %s", prefix, item.Name, item.Detail, f.a.place(location{item.URI, item.SelectionRange}))
		for _, r := range ranges {
			fmt.Fprintf(&b, " by %v", r)
		}
		b.WriteString("\n")
	}
	line("", items[0], nil)
	var incoming []struct {
		From       hierarchyItem
		FromRanges []span
	}
	f.c.mustCall("callHierarchy/incomingCalls", object{"item": items[0]}, &incoming)
	for _, call := range incoming {
		line("← ", call.From, call.FromRanges)
	}
	var outgoing []struct {
		To         hierarchyItem
		FromRanges []span
	}
	f.c.mustCall("callHierarchy/outgoingCalls", object{"item": items[0]}, &outgoing)
	for _, call := range outgoing {
		line("→ ", call.To, call.FromRanges)
	}
	f.a.golden(m.where, m.args[0], b.String())
}
