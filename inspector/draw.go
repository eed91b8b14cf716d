package inspector

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Formats are those that Draw knows.
var Formats = []string{"mermaid", "dot", "svg", "text"}

// Draw draws the workflow in one of Formats: Mermaid and Graphviz DOT for tools that
// render them, SVG for a browser, text for a terminal. It is "" for another format.
func (i *Inspector) Draw(format string) string {
	switch format {
	case "mermaid":
		return i.Mermaid()
	case "dot":
		return i.DOT()
	case "svg":
		return i.SVG()
	case "text":
		return i.Text()
	}
	return ""
}

// An edge is what is drawn between two nodes: their connections, or a dependency.
type edge struct {
	from, to string
	labels   []string // "id → filter.user_id"; none for a dependency
}

// edges are those between nodes that are there, each pair once.
func (i *Inspector) edges() []edge {
	var all []edge
	add := func(from, to, label string) {
		if i.nodes[from] == nil || i.nodes[to] == nil {
			return
		}
		k := slices.IndexFunc(all, func(e edge) bool { return e.from == from && e.to == to })
		if k < 0 {
			all = append(all, edge{from: from, to: to})
			k = len(all) - 1
		}
		if label != "" {
			all[k].labels = append(all[k].labels, label)
		}
	}
	for _, c := range i.g.Connections {
		add(c.From.S, c.To.S, c.Output.S+" → "+c.Input.S)
	}
	for _, d := range i.g.Dependencies {
		add(d.Before.S, d.After.S, "")
	}
	return all
}

// blocks are the transactions with their own nodes, and "" with those outside.
func (i *Inspector) blocks() []Transaction {
	all := []Transaction{{Nodes: slices.DeleteFunc(i.ids(), func(id string) bool { return i.nodes[id].Tx != "" })}}
	return append(all, i.Transactions()...)
}

var mermaidText = strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", " ", "#", "#35;", ";", "#59;")

// Mermaid draws the workflow as a Mermaid flowchart (mermaid.js.org).
func (i *Inspector) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	name := func(id string) string { return fmt.Sprintf("n%d", slices.Index(i.ids(), id)) }
	for k, block := range i.blocks() {
		indent := "  "
		if k > 0 {
			fmt.Fprintf(&b, "  subgraph t%d[\"transaction %s\"]\n", k, mermaidText.Replace(block.ID))
			indent = "    "
		}
		for _, id := range block.Nodes {
			fmt.Fprintf(&b, "%s%s[\"%s<br/><small>%s</small>\"]\n", indent, name(id), mermaidText.Replace(id), mermaidText.Replace(i.nodes[id].Type.S))
		}
		if k > 0 {
			b.WriteString("  end\n")
		}
	}
	for _, e := range i.edges() {
		if len(e.labels) == 0 {
			fmt.Fprintf(&b, "  %s -.-> %s\n", name(e.from), name(e.to))
			continue
		}
		labels := make([]string, len(e.labels))
		for k, l := range e.labels {
			labels[k] = mermaidText.Replace(l)
		}
		fmt.Fprintf(&b, "  %s -- \"%s\" --> %s\n", name(e.from), strings.Join(labels, "<br/>"), name(e.to))
	}
	return b.String()
}

// quoteDOT is a text as a DOT string.
func quoteDOT(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// DOT draws the workflow for Graphviz (graphviz.org/doc/info/lang.html).
func (i *Inspector) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=TB;\n  node [shape=box, style=rounded];\n", quoteDOT(i.g.Name))
	for k, block := range i.blocks() {
		indent := "  "
		if k > 0 {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", k, quoteDOT("transaction "+block.ID))
			indent = "    "
		}
		for _, id := range block.Nodes {
			fmt.Fprintf(&b, "%s%s [label=%s];\n", indent, quoteDOT(id), quoteDOT(id+"\n"+i.nodes[id].Type.S))
		}
		if k > 0 {
			b.WriteString("  }\n")
		}
	}
	for _, e := range i.edges() {
		style := "style=dashed"
		if len(e.labels) > 0 {
			style = "label=" + quoteDOT(strings.Join(e.labels, "\n"))
		}
		fmt.Fprintf(&b, "  %s -> %s [%s];\n", quoteDOT(e.from), quoteDOT(e.to), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// Sizes of the SVG, in pixels.
const (
	boxWidth, boxHeight = 200, 46
	gapX, gapY          = 40, 70
	margin              = 20
)

// SVG draws the workflow as a picture of its own: a row for each level, top to bottom.
// Nodes of a circle stand in the last row.
func (i *Inspector) SVG() string {
	rows := i.Levels()
	if rest := slices.DeleteFunc(i.ids(), func(id string) bool { return slices.Contains(slices.Concat(rows...), id) }); len(rest) > 0 {
		rows = append(rows, rest)
	}
	type point struct{ x, y int }
	at, widest := map[string]point{}, 1
	for _, row := range rows {
		widest = max(widest, len(row))
	}
	width := widest*(boxWidth+gapX) - gapX + 2*margin
	height := max(len(rows), 1)*(boxHeight+gapY) - gapY + 2*margin
	for y, row := range rows {
		left := (width - (len(row)*(boxWidth+gapX) - gapX)) / 2
		for x, id := range row {
			at[id] = point{left + x*(boxWidth+gapX), margin + y*(boxHeight+gapY)}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(i.g.Name))
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#666"/></marker></defs>` + "\n")
	for _, e := range i.edges() {
		from, to := at[e.from], at[e.to]
		x1, y1, x2, y2 := from.x+boxWidth/2, from.y+boxHeight, to.x+boxWidth/2, to.y
		dash := ""
		if len(e.labels) == 0 {
			dash = ` stroke-dasharray="4"`
		}
		fmt.Fprintf(&b, `<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="#666"%s marker-end="url(#arrow)"/>`+"\n", x1, y1, x1, y1+gapY/2, x2, y2-gapY/2, x2, y2, dash)
		for k, l := range e.labels {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="10" fill="#444">%s</text>`+"\n", (x1+x2)/2, (y1+y2)/2+12*k, html.EscapeString(l))
		}
	}
	for _, id := range i.ids() {
		p, fill := at[id], "#fff"
		if i.nodes[id].Tx != "" {
			fill = "#eef4ff"
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#333"/>`+"\n", p.x, p.y, boxWidth, boxHeight, fill)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s</text>`+"\n", p.x+boxWidth/2, p.y+19, html.EscapeString(short(id)))
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" fill="#666">%s</text>`+"\n", p.x+boxWidth/2, p.y+36, html.EscapeString(short(i.nodes[id].Type.S)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// short is a text that fits a box.
func short(s string) string {
	const most = 30
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Text draws the workflow for a terminal: each node in the order of a run, with what it
// is fed below it.
func (i *Inspector) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", i.g.Name)
	for k, level := range i.Levels() {
		fmt.Fprintf(&b, "%d\n", k+1)
		for _, id := range level {
			i.textNode(&b, id)
		}
	}
	for _, cycle := range i.ConnectionCycles() {
		fmt.Fprintf(&b, "circle: %s\n", strings.Join(append(cycle, cycle[0]), " → "))
	}
	return b.String()
}

func (i *Inspector) textNode(b *strings.Builder, id string) {
	tx := ""
	if t := i.nodes[id].Tx; t != "" {
		tx = " in " + t
	}
	fmt.Fprintf(b, "  %s (%s)%s\n", id, i.nodes[id].Type.S, tx)
	var fed []string
	for _, c := range i.in[id] {
		fed = append(fed, fmt.Sprintf("%s ← %s.%s", c.Input.S, c.From.S, c.Output.S))
	}
	for _, d := range i.g.Dependencies {
		if d.After.S == id {
			fed = append(fed, "after "+d.Before.S)
		}
	}
	for k, line := range fed {
		branch := "├─"
		if k == len(fed)-1 {
			branch = "└─"
		}
		fmt.Fprintf(b, "    %s %s\n", branch, line)
	}
}
