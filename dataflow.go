// Package dataflow is what a program imports to describe its models and
// workflows. A model is a struct that embeds Model; a workflow is a graph of
// nodes wired by name; package engine runs it on SQLite or PostgreSQL.
package dataflow

// Model marks a struct as a model of DataFlow. Options stand in its tag:
//
//	type User struct {
//		dataflow.Model `df:"table=users,softdelete"`
//		ID    string
//		Email string `df:",unique" validate:"email"`
//	}
type Model struct{}

// Params are the parameters, inputs and outputs of nodes: column or parameter
// name to value. They nest freely.
type Params = map[string]any
