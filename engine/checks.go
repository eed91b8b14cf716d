package engine

import (
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// The rules of the editor go over parameters as a graph has them. Making a graph
// of each call would cost as much as the statement, and an operation checks every
// name and value that it uses while it makes its statement. So calls of the usual
// form go without the rules, until something fails: then the rules tell, so that
// the error is the editor's, with all that is wrong at once.

// checksItself reports whether the operation finds everything in its parameters
// that the rules would find.
func (x *operation) checksItself() bool {
	p := x.p
	switch x.op {
	case model.Create:
		return true // each parameter is a column
	case model.Read, model.Delete:
		return len(p) == len(x.t.key) && x.keyWithoutConditions()
	case model.Update:
		return x.only("filter", "fields") && notEmpty(p["fields"]) && x.pins(p["filter"])
	case model.Upsert:
		return x.only("where", "create", "update", "conflict_on") && agree(p["where"], p["create"]) && onWhere(p["conflict_on"], p["where"])
	case model.Count:
		return x.only("filter")
	case model.List:
		return x.only("filter", "fields", "order_by", "limit", "offset", "cursor")
	case model.BulkCreate, model.BulkUpsert:
		return x.only("data")
	case model.BulkUpdate:
		return x.only("data") && p["data"] != nil
	}
	return false
}

// only reports whether the parameters are among names, and none is nil.
func (x *operation) only(names ...string) bool {
	for name, v := range x.p {
		if v == nil || !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// keyWithoutConditions reports whether each column of the key is given a value.
func (x *operation) keyWithoutConditions() bool {
	for _, c := range x.t.key {
		switch x.p[c.name].(type) {
		case string, int, int64:
		default:
			return false
		}
	}
	return true
}

// agree reports whether where and create have something in them, and create gives no
// other value for what is in where, which the operation would not look at.
func agree(where, create any) bool {
	w, ok := asMap(where)
	c, also := asMap(create)
	if !ok || !also || len(w) == 0 || len(c) == 0 {
		return false
	}
	for name, v := range w {
		again, twice := c[name]
		if !twice {
			continue
		}
		switch v.(type) {
		case string, int, int64:
		default:
			return false
		}
		if again != v {
			return false
		}
	}
	return true
}

// onWhere reports whether conflict_on, if it is given, names the columns of where.
func onWhere(on, where any) bool {
	if on == nil {
		return true
	}
	names, ok := on.([]string)
	w, also := asMap(where)
	if !ok || !also || len(names) != len(w) {
		return false
	}
	for i, name := range names {
		if _, given := w[name]; !given || slices.Contains(names[:i], name) {
			return false
		}
	}
	return true
}

// notEmpty reports whether v is a map with something in it.
func notEmpty(v any) bool {
	m, ok := asMap(v)
	return ok && len(m) > 0
}

// pins reports whether a filter is on a unique key, and on nothing else.
func (x *operation) pins(filter any) bool {
	m, ok := asMap(filter)
	if !ok || len(m) == 0 {
		return false
	}
	for _, v := range m {
		switch v.(type) {
		case string, int, int64:
		default:
			return false
		}
	}
	return x.t.m.PinnedKey(slices.Collect(maps.Keys(m))) != nil
}

// holdsInput reports whether an input stands in a value that goes into a JSON
// column: there everything fits.
func holdsInput(v any) bool {
	switch x := v.(type) {
	case graph.InputValue, *graph.InputValue:
		return true
	case map[string]any:
		for _, e := range x {
			if holdsInput(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(x, holdsInput)
	}
	return false
}
