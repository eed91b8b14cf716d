package graphtext

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Refusal is a mistake that a workflow was refused for, without what depends on
// who tells: the wording of values.
type Refusal struct {
	Code                          errcatalog.Code
	Workflow                      string
	Node, Param, Connection, Text string
	At                            string
}

// Same reports whether two refusals are of the same mistake at the same call,
// whatever their wording.
func (r Refusal) Same(other Refusal) bool {
	r.Text, other.Text = "", ""
	return r == other
}

// Refusals are those that an error of Build or Run holds, sorted.
func Refusals(err error) []Refusal {
	var all []Refusal
	for _, e := range flatten(err) {
		all = append(all, RefusalOf(e))
	}
	slices.SortFunc(all, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}

// RefusalOf is one error as a Refusal.
func RefusalOf(e *errcatalog.Error) Refusal {
	r := Refusal{Code: e.Code, Text: e.Message, At: e.Position.Filename + ":" + strconv.Itoa(e.Position.Line)}
	for _, item := range e.Context {
		switch item.Key {
		case "Workflow":
			r.Workflow = item.Value
		case "Node":
			r.Node = item.Value
		case "Parameter":
			r.Param = item.Value
		case "Connection":
			r.Connection = item.Value
		}
	}
	return r
}

func flatten(err error) []*errcatalog.Error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*errcatalog.Error
		for _, err := range many.Unwrap() {
			all = append(all, flatten(err)...)
		}
		return all
	}
	var e *errcatalog.Error
	if errors.As(err, &e) {
		return []*errcatalog.Error{e}
	}
	return nil
}
