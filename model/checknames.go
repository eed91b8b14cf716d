package model

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// reserved are the words that SQL keeps for itself on PostgreSQL or SQLite, where
// they cannot name a column without quotes.
var reserved = strings.Fields(`all alter analyse analyze and any array as asc between both by case cast check collate column
	commit constraint create cross current_date current_time current_timestamp default deferrable delete desc distinct drop
	else end except exists false fetch for foreign from full grant group having in index inner insert intersect into is
	isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order
	outer primary references returning right select session_user set some symmetric table then to trailing transaction
	true union unique update user using values when where window with`)

var (
	plainName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	// runTogether is a number between the capitals of two words: OAuth2URL.
	runTogether = regexp.MustCompile(`[0-9][A-Z]{2}|[A-Z]{2}[0-9]+[A-Z]`)
)

// CheckNames reports columns whose names have to be quoted, or read differently
// from their fields: DF-906, a rule of strict mode.
func CheckNames(m *Model) []Problem {
	var problems []Problem
	for i := range m.Fields {
		f := &m.Fields[i]
		why := ""
		name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
		switch {
		case f.Name == "": // the engine's own
		case slices.Contains(reserved, f.Column):
			why = "a reserved word of SQL"
		case !plainName.MatchString(f.Column):
			why = "not snake_case"
		case runTogether.MatchString(name) && f.Column == ColumnName(name):
			why = "not told apart from its neighbours: a number stands between capitals"
		}
		if why == "" {
			continue
		}
		d := errcatalog.Details{Model: m.Name, Table: m.Table, Field: f.Name, Column: f.Column, Type: f.GoType, Reason: why}
		problems = append(problems, Problem{
			Code: errcatalog.DF906, Details: d, Span: errcatalog.Span{Start: f.Pos},
			Message: fmt.Sprintf("%s.%s is the column %q, which is %s", m.Name, f.Name, f.Column, why),
		})
	}
	return problems
}
