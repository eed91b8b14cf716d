// Package errcatalog holds every DF code: what it means, why it happens, what to
// do about it, and the errors that are made from it.
//
// What a code is stands in catalog.yaml and nowhere else. The constants, the
// pages under docs/errors, an editor's hovers and the text of each *Error are
// made from it.
//
// A part of the project that finds a mistake describes it by a Finding: the code,
// one line of text, and the user's own names. New turns it into an *Error, whose
// causes and solutions name the user's node, model, column and value:
//
//	err := errcatalog.New(errcatalog.Finding{
//		Code:    errcatalog.DF101,
//		Message: `"email" is required to create a User`,
//		Details: errcatalog.Details{NodeType: "UserCreateNode", Node: "create", Param: "email"},
//	})
//
// A program that gets such an error asks for its code with errors.Is, and reaches
// the rest with errors.As:
//
//	if errors.Is(err, errcatalog.DF310) {
//		// there is a user of that email already
//	}
//
// The code of a solution is Go that compiles when pasted: declarations, or
// statements of a function that has
//
//	wf *dataflow.Workflow, db *engine.Engine, ctx context.Context
//
// in scope and returns an error. Code that starts with "# dataflow.yaml" belongs
// into that file, and code that starts with "$ " into a shell.
package errcatalog
