package crm

import "github.com/dataflow-go/dataflow"

// A pipeline builds workflows step by step, and knows the last step.
type pipeline struct {
	*dataflow.Workflow
	last string
}

func start(name string) *pipeline { return &pipeline{Workflow: dataflow.NewWorkflow(name)} }

// then adds a node that gets an output of the one before.
func (p *pipeline) then(nodeType, id, output, input string, params dataflow.Params) *pipeline {
	p.AddNode(nodeType, id, params)
	if p.last != "" {
		p.AddConnection(p.last, output, id, input)
	}
	p.last = id
	return p
}

// Intake saves a lead, notes the first visit and reads the lead again.
func Intake() *dataflow.Workflow {
	p := start("intake").
		then("LeadCreateNode", "lead", "", "", dataflow.Params{
			"id":      dataflow.Input("id"),
			"email":   dataflow.Input("email"),
			"labels":  []any{"new", "web"},
			"profile": Profile{City: "Bern", Langs: []string{"de", "fr"}},
		}).
		then("VisitCreateNode", "visit", "id", "lead_id", dataflow.Params{
			"note": "first call", "at": dataflow.Input("at"),
		}).
		then("LeadReadNode", "again", "lead_id", "id", nil)
	return p.Workflow
}
