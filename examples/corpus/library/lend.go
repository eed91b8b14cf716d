package library

import "github.com/dataflow-go/dataflow"

// Lend lends a book to a member who is not locked. Inputs: isbn, member, due.
func Lend() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("lend")
	wf.AddNode("MemberReadNode", "member", dataflow.Params{"id": dataflow.Input("member")})
	wf.AddNode("BookReadNode", "book", dataflow.Params{"isbn": dataflow.Input("isbn")})
	wf.AddNode("LoanCountNode", "lent", dataflow.Params{"filter": dataflow.Params{"returned": nil}})
	wf.AddConnection("book", "isbn", "lent", "filter.isbn")

	wf.AddNode("SwitchNode", "may", dataflow.Params{"condition": "!locked && lent < copies"})
	wf.AddConnection("member", "locked", "may", "locked")
	wf.AddConnection("book", "copies", "may", "copies")
	wf.AddConnection("lent", "count", "may", "lent")

	wf.AddNode("LoanCreateNode", "loan", dataflow.Params{"due": dataflow.Input("due")})
	wf.AddConnection("book", "isbn", "loan", "isbn")
	wf.AddConnection("member", "id", "loan", "member_id")
	wf.AddConnection("may", "true_output", "loan", "trigger")
	return wf
}

// GiveBack ends a loan.
func GiveBack() *dataflow.Workflow {
	return dataflow.NewWorkflow("give_back").AddNode("LoanUpdateNode", "loan", dataflow.Params{
		"filter": dataflow.Params{"id": dataflow.Input("loan")},
		"fields": dataflow.Params{"returned": dataflow.Input("now")},
	})
}
