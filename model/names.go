package model

import (
	"strings"
	"unicode"

	"github.com/jinzhu/inflection"
)

// ColumnName is the column of a Go field without one of its own: snake_case, with
// initialisms kept whole ("UserID" → "user_id", "HTTPPort" → "http_port").
func ColumnName(field string) string {
	runes := []rune(field)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			prevLower := !unicode.IsUpper(runes[i-1])
			nextLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if prevLower || nextLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TableName is the table of a model without one of its own: the snake_case plural
// of its name ("OrderItem" → "order_items", "Person" → "people").
func TableName(name string) string {
	snake := ColumnName(name)
	if i := strings.LastIndexByte(snake, '_'); i >= 0 {
		return snake[:i+1] + inflection.Plural(snake[i+1:])
	}
	return inflection.Plural(snake)
}

// NodeType is the name of a model's node type: "UserCreateNode".
func NodeType(model string, op Operation) string { return model + string(op) + "Node" }

// A NodeName is one way to read a node type's name.
type NodeName struct {
	Model     string
	Operation Operation
}

// ParseNodeType returns the ways to read a node type's name, the one with the
// longest operation first: "UserBulkCreateNode" is BulkCreate of User, or Create
// of UserBulk. It returns nil for a name that no model could have.
func ParseNodeType(nodeType string) []NodeName {
	rest, ok := strings.CutSuffix(nodeType, "Node")
	if !ok {
		return nil
	}
	var names []NodeName
	for _, op := range Operations {
		if m, ok := strings.CutSuffix(rest, string(op)); ok && m != "" {
			names = append(names, NodeName{m, op})
		}
	}
	// Bulk operations end in the name of a plain one; the longer reading comes first.
	if len(names) == 2 && len(names[0].Operation) < len(names[1].Operation) {
		names[0], names[1] = names[1], names[0]
	}
	return names
}
