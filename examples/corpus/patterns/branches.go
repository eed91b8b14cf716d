package patterns

import "github.com/dataflow-go/dataflow"

// Bonus pays a bonus by plan; the branches not taken are skipped.
func Bonus() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("bonus")
	wf.AddNode("OrganizationReadNode", "org", dataflow.Params{"id": dataflow.Input("organization")})
	wf.AddNode("SwitchNode", "plan", dataflow.Params{
		"cases": map[string]any{
			"enterprise": `plan == "enterprise"`,
			"pro":        `plan == "pro"`,
		},
	})
	wf.AddConnection("org", "plan", "plan", "plan")
	for _, branch := range []struct {
		name    string
		credits int
	}{
		{"enterprise", 100},
		{"pro", 10},
		{"default", 1},
	} {
		id := "credit_" + branch.name
		wf.AddNode("AccountBulkUpdateNode", id, dataflow.Params{
			"fields": dataflow.Params{"credits": branch.credits},
		})
		wf.AddConnection("org", "id", id, "filter.organization_id")
		wf.AddConnection("plan", branch.name, id, "trigger")
	}
	return wf
}

// Suspend suspends an account that is there and makes one that is not: found
// says which.
func Suspend() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("suspend").
		AddNode("AccountReadNode", "account", dataflow.Params{
			"filter":             dataflow.Params{"email": dataflow.Input("email")},
			"raise_on_not_found": false,
		}).
		AddNode("SwitchNode", "known", dataflow.Params{"condition": "account.found"}).
		AddConnection("account", "found", "known", "input").
		AddNode("AccountUpdateNode", "suspend", dataflow.Params{
			"filter": dataflow.Params{"email": dataflow.Input("email")},
			"fields": dataflow.Params{"status": "suspended"},
		}).
		AddConnection("known", "true_output", "suspend", "trigger")
	return wf
}
