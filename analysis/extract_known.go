package analysis

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// knownFunctions are functions of the standard library that are computed, or whose
// effect on maps and lists is followed. They get the call's arguments, and say
// whether they know the result.
var knownFunctions = map[string]func(f *frame, args []value) (value, bool){
	"fmt.Sprintf": func(_ *frame, a []value) (value, bool) { return sprintf(a) },
	"fmt.Sprint":  func(_ *frame, a []value) (value, bool) { return sprint(a) },
	"strconv.Itoa": func(_ *frame, a []value) (value, bool) {
		return ofInt(a, func(i int64) string { return strconv.FormatInt(i, 10) })
	},
	"strconv.Quote":      ofTexts(func(s []string) string { return strconv.Quote(s[0]) }),
	"strings.ToLower":    ofTexts(func(s []string) string { return strings.ToLower(s[0]) }),
	"strings.ToUpper":    ofTexts(func(s []string) string { return strings.ToUpper(s[0]) }),
	"strings.TrimSpace":  ofTexts(func(s []string) string { return strings.TrimSpace(s[0]) }),
	"strings.TrimPrefix": ofTexts(func(s []string) string { return strings.TrimPrefix(s[0], s[1]) }),
	"strings.TrimSuffix": ofTexts(func(s []string) string { return strings.TrimSuffix(s[0], s[1]) }),
	"strings.ReplaceAll": ofTexts(func(s []string) string { return strings.ReplaceAll(s[0], s[1], s[2]) }),
	"strings.Join":       joinTexts,
	"maps.Clone":         cloneObject,
	"slices.Clone":       cloneObject,
	"maps.Copy":          copyMap,
}

// knownCall evaluates a call of a known function.
func (f *frame) knownCall(c *ast.CallExpr, known func(*frame, []value) (value, bool)) []value {
	args := f.args(c)
	if f.x.st == nil {
		return nil
	}
	if v, ok := known(f, args); ok && !c.Ellipsis.IsValid() {
		return []value{v}
	}
	return f.externalResults(c, nil)
}

func knownText(s string) (value, bool) {
	if len(s) > maxText {
		return value{}, false
	}
	return value{known: graph.Value{State: graph.StateKnown, V: s, GoType: "string", Type: model.Type{Kind: model.KindString}}}, true
}

func textOf(v value) (string, bool) {
	s, ok := v.known.V.(string)
	return s, ok && v.plain() && v.known.State == graph.StateKnown
}

func ofTexts(compute func([]string) string) func(*frame, []value) (value, bool) {
	return func(_ *frame, args []value) (value, bool) {
		var texts []string
		for _, a := range args {
			s, ok := textOf(a)
			if !ok {
				return value{}, false
			}
			texts = append(texts, s)
		}
		defer func() { _ = recover() }() // too few arguments: broken code
		return knownText(compute(texts))
	}
}

func ofInt(args []value, compute func(int64) string) (value, bool) {
	if len(args) != 1 || !args[0].plain() {
		return value{}, false
	}
	i, ok := args[0].known.V.(int64)
	if !ok {
		return value{}, false
	}
	return knownText(compute(i))
}

func joinTexts(f *frame, args []value) (value, bool) {
	if len(args) != 2 || args[0].obj == nil {
		return value{}, false
	}
	sep, ok := textOf(args[1])
	c := f.contents(args[0].obj)
	if !ok || c.lost || c.partial {
		return value{}, false
	}
	var texts []string
	for _, item := range c.items {
		s, ok := textOf(item)
		if !ok {
			return value{}, false
		}
		texts = append(texts, s)
	}
	return knownText(strings.Join(texts, sep))
}

// printable are values as fmt prints them: of basic types, which have no methods
// of their own.
func printable(args []value) ([]any, bool) {
	out := make([]any, len(args))
	for i, a := range args {
		if !a.plain() || a.known.State != graph.StateKnown {
			return nil, false
		}
		switch v := a.known.V.(type) {
		case string:
			out[i] = v
			if a.known.GoType != "string" {
				return nil, false
			}
		case bool:
			out[i] = v
			if a.known.GoType != "bool" {
				return nil, false
			}
		case int64:
			switch a.known.GoType {
			case "int", "int8", "int16", "int32", "rune", "int64":
				out[i] = v
			case "uint", "uint8", "byte", "uint16", "uint32", "uint64":
				out[i] = uint64(v) //nolint:gosec // of an unsigned type, so not negative
			default:
				return nil, false
			}
		case float64:
			out[i] = v
			if a.known.GoType != "float64" {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return out, true
}

func sprintf(args []value) (value, bool) {
	if len(args) == 0 {
		return value{}, false
	}
	format, ok := textOf(args[0])
	if !ok || strings.Contains(format, "%T") || strings.Contains(format, "#") || strings.Contains(format, "*") || len(format) > maxText {
		return value{}, false
	}
	rest, ok := printable(args[1:])
	if !ok || hasWidth(format) {
		return value{}, false
	}
	return knownText(fmt.Sprintf(format, rest...))
}

// hasWidth reports whether a format asks for more than three digits of width or
// precision: for text too long to be an id.
func hasWidth(format string) bool {
	digits := 0
	for _, r := range format {
		if r >= '0' && r <= '9' {
			if digits++; digits > 3 {
				return true
			}
		} else {
			digits = 0
		}
	}
	return false
}

func sprint(args []value) (value, bool) {
	rest, ok := printable(args)
	if !ok {
		return value{}, false
	}
	return knownText(fmt.Sprint(rest...))
}

// cloneObject copies a map or a list, not what it holds.
func cloneObject(f *frame, args []value) (value, bool) {
	if len(args) != 1 || args[0].obj == nil || args[0].ptr {
		return value{}, false
	}
	c := f.contents(args[0].obj)
	if c.lost {
		return value{}, false
	}
	next := *c
	next.entries, next.items, next.grown, next.appended = slices.Clone(c.entries), slices.Clone(c.items), true, false
	for i := range next.entries {
		next.entries[i].val = f.copied(next.entries[i].val)
	}
	for i := range next.items {
		next.items[i] = f.copied(next.items[i])
	}
	return value{obj: f.newObject(args[0].obj.typ, &next)}, true
}

// copyMap sets all keys of one map in another.
func copyMap(f *frame, args []value) (value, bool) {
	if len(args) != 2 || args[0].obj == nil {
		return value{}, false
	}
	next := *f.contents(args[0].obj)
	next.entries = slices.Clone(next.entries)
	var from *contents
	if args[1].obj != nil {
		from = f.contents(args[1].obj)
	}
	if from == nil || from.lost || from.partial {
		f.setEntry(&next, value{}, value{}, nil, f.body)
	}
	if from != nil {
		for _, e := range from.entries {
			f.setEntry(&next, value{known: graph.Value{V: e.key}}, e.val, nil, e.whole)
			last := &next.entries[len(next.entries)-1]
			last.keyExpr, last.file = e.keyExpr, e.file
		}
	}
	f.put(args[0].obj, &next)
	return value{}, true
}

// builtin follows a call of a predeclared function.
func (f *frame) builtin(c *ast.CallExpr) value {
	id, ok := ast.Unparen(c.Fun).(*ast.Ident)
	if !ok {
		return value{}
	}
	if id.Name == "make" || id.Name == "new" {
		return f.allocate(id.Name, c)
	}
	args := f.args(c)
	if f.x.st == nil {
		return value{}
	}
	switch id.Name {
	case "len":
		return f.length(args)
	case "append":
		return f.appended(c, args)
	case "delete":
		f.deleteKey(args)
	case "clear":
		if len(args) == 1 && args[0].obj != nil && stringMap(args[0].obj.typ) {
			f.loseParts(f.contents(args[0].obj))
			f.put(args[0].obj, &contents{})
			return value{}
		}
		fallthrough
	case "copy":
		if len(args) > 0 {
			f.escape(args[0], "copied over", c)
		}
		if len(args) > 1 && args[1].obj != nil {
			f.loseParts(f.contents(args[1].obj))
		}
	case "panic":
		f.panics()
	case "min", "max", "cap", "print", "println", "recover", "close", "complex", "real", "imag":
	}
	return value{}
}

// panics ends the path; a function that recovers goes on from here.
func (f *frame) panics() {
	if f.x.st == nil {
		return
	}
	if f.rescue != nil {
		f.mayPanic()
		f.x.exits++
		f.x.left++
		for _, d := range f.x.made {
			d.openAt("a panic may end its making", d.span)
		}
	}
	f.x.st = nil
}

func (f *frame) allocate(name string, c *ast.CallExpr) value {
	t := f.u.info.Types[c].Type
	var size value
	for i, a := range c.Args[min(1, len(c.Args)):] {
		if v := f.eval(a); i == 0 {
			size = v
		}
	}
	if t == nil || f.x.st == nil {
		return value{}
	}
	if name == "new" {
		if p, ok := t.Underlying().(*types.Pointer); ok && structOf(p.Elem()) != nil {
			return value{obj: f.newObject(p.Elem(), &contents{}), ptr: true}
		}
		return value{}
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		if stringMap(t) {
			return value{obj: f.newObject(t, &contents{})}
		}
	case *types.Slice:
		n, ok := size.known.V.(int64)
		if !ok || n > maxUnrolled {
			return value{}
		}
		items := []value{}
		for range n {
			items = append(items, f.zero(u.Elem()))
		}
		return value{obj: f.newObject(t, &contents{items: items, grown: true})}
	}
	return value{}
}

func (f *frame) length(args []value) value {
	if len(args) != 1 {
		return value{}
	}
	n := -1
	if s, ok := textOf(args[0]); ok {
		n = len(s)
	} else if o := args[0].obj; o != nil && structOf(o.typ) == nil {
		if c := f.contents(o); !c.lost && !c.partial {
			n = len(c.entries) + len(c.items)
		}
	}
	if n < 0 {
		return value{}
	}
	return f.fromInt(int64(n))
}

func (f *frame) fromInt(n int64) value {
	t, _ := model.TypeOf(types.Typ[types.Int])
	return value{known: graph.Value{State: graph.StateKnown, V: n, GoType: "int", Type: t}}
}

// appended is a list with more items. It shares its array with the one that it
// grew out of, if that one grew as well: writing an item of one loses both.
func (f *frame) appended(c *ast.CallExpr, args []value) value {
	lose := func() value {
		for _, a := range args {
			f.escape(a, "stored in a slice", c)
		}
		return value{}
	}
	t := f.u.info.Types[c].Type
	if len(args) == 0 || t == nil || args[0].obj == nil || len(c.Args) != len(args) {
		return lose()
	}
	old := f.contents(args[0].obj)
	if old.grown && old.appended {
		f.loseKin(args[0].obj)
		return lose()
	}
	next := &contents{items: slices.Clone(old.items), partial: old.partial, grown: true}
	if !old.grown { // all items move
		for i, v := range next.items {
			next.items[i] = f.copied(v)
		}
	}
	more := args[1:]
	if c.Ellipsis.IsValid() {
		if len(args) != 2 || args[1].obj == nil || f.contents(args[1].obj).lost {
			return lose()
		}
		from := f.contents(args[1].obj)
		more, next.partial = from.items, next.partial || from.partial
	}
	if old.lost || len(old.items)+len(more) > 1000 {
		return lose()
	}
	next.items = append(next.items, more...)
	o := f.newObject(t, next)
	if !old.grown {
		o.join(o)
	} else {
		if args[0].obj.kin == nil {
			args[0].obj.join(args[0].obj)
		}
		o.join(args[0].obj.kin)
		was := *old
		was.appended = true
		f.put(args[0].obj, &was)
	}
	return value{obj: o}
}

// join makes a list one of a kin, of which first is the first.
func (o *object) join(first *object) {
	o.kin = first
	first.kins = append(first.kins, o)
}

// deleteKey follows delete(m, key).
func (f *frame) deleteKey(args []value) {
	if len(args) != 2 || args[0].obj == nil {
		return
	}
	next := *f.contents(args[0].obj)
	key, ok := textOf(args[1])
	if !ok { // any of them
		next.entries, next.partial = nil, true
	} else {
		next.entries = slices.DeleteFunc(slices.Clone(next.entries), func(e mapEntry) bool { return e.key == key })
	}
	f.put(args[0].obj, &next)
}
