package crm

import "github.com/dataflow-go/dataflow"

// A Query is what the search page asks.
type Query struct {
	Stages []string
	City   string
	Phone  *bool
}

// Workflow builds the search.
func (q *Query) Workflow() *dataflow.Workflow {
	var and []dataflow.Params
	if len(q.Stages) > 0 {
		and = append(and, dataflow.Params{"stage": dataflow.Params{"$in": q.Stages}})
	}
	if q.City != "" {
		and = append(and, dataflow.Params{"profile.city": q.City})
	}
	switch {
	case q.Phone == nil:
	case *q.Phone:
		and = append(and, dataflow.Params{"phone": dataflow.Params{"$null": false}})
	default:
		and = append(and, dataflow.Params{"phone": nil})
	}
	params := dataflow.Params{"limit": 25}
	if len(and) > 0 {
		params["filter"] = dataflow.Params{"$and": and}
	}
	return dataflow.NewWorkflow("search").AddNode("LeadListNode", "leads", params)
}

// Cold lists the leads that nobody talked to, the French speaking among them.
func Cold() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("cold")
	wf.AddNode("VisitListNode", "visits", dataflow.Params{"fields": []string{"lead_id"}, "limit": 1000})
	wf.AddNode("TransformNode", "seen", dataflow.Params{"expression": "map(visits.records, .lead_id)"})
	wf.AddConnection("visits", "records", "seen", "rows")
	wf.AddNode("LeadListNode", "cold", dataflow.Params{"order_by": []string{"-score"}})
	wf.AddConnection("seen", "result", "cold", "filter.id.$nin")
	wf.AddNode("LeadCountNode", "french", dataflow.Params{
		"filter": dataflow.Params{"labels": dataflow.Params{"$any": dataflow.Params{"$like": "fr%"}}},
	})
	return wf
}
