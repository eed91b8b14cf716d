// Package dataflow is what a program imports to describe its models and
// workflows. A model is a struct that embeds Model; every model has eleven node
// types, such as UserCreateNode and UserListNode; a workflow is a graph of nodes
// wired by name. Package engine runs it on SQLite or PostgreSQL.
//
//	type User struct {
//		dataflow.Model
//		ID    string
//		Email string `df:",unique" validate:"email"`
//	}
//
//	wf := dataflow.NewWorkflow("signup")
//	wf.AddNode("UserCreateNode", "create", dataflow.Params{
//		"id": "user-123", "email": dataflow.Input("email"),
//	})
//
// The names are strings, so the compiler cannot check them: dataflow-lsp does in
// the editor, "dataflow validate" on the command line, and Run before it runs.
package dataflow

import "github.com/dataflow-go/dataflow/graph"

// Model marks a struct as a model. Options stand in the tag of the embedded field:
//
//	dataflow.Model `df:"table=users,softdelete,versioned,tenant=org_id"`
//
// table names the table (the snake_case plural of the struct's name by default);
// softdelete keeps deleted records, marked by deleted_at; versioned refuses to
// overwrite what someone else changed (DF-514); tenant keeps the records of
// tenants apart by the named column (tenant_id by default).
type Model struct{}

// Params are parameters, inputs and outputs of nodes: name to value. They nest
// freely: {"filter": {"age": {"$gte": 18}}}.
type Params = map[string]any

// InputValue is a value that is given when the workflow runs; see Input.
type InputValue = graph.InputValue

// Input stands in Params for a value that is given when the workflow runs, with
// engine.WithInputs. A missing one is DF-808, unless it has a default:
// Input("limit").Default(20).
func Input(name string) InputValue { return graph.NewInput(name) }
