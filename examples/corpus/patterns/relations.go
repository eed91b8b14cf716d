package patterns

import "github.com/dataflow-go/dataflow"

// Home reads an account and the organization that it belongs to, if any.
func Home() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("home")
	wf.AddNode("AccountReadNode", "account", dataflow.Params{"id": dataflow.Input("account")})
	wf.AddNode("SwitchNode", "belongs", dataflow.Params{"condition": "organization != nil"})
	wf.AddConnection("account", "organization_id", "belongs", "organization")
	wf.AddNode("OrganizationReadNode", "organization", nil)
	wf.AddConnection("belongs", "true_output.organization", "organization", "id")
	return wf
}

// Hire gives an organization its first account.
func Hire() *dataflow.Workflow {
	return dataflow.NewWorkflow("hire").
		AddNode("OrganizationCreateNode", "organization", dataflow.Params{"id": "org-1", "name": "ACME", "plan": "pro"}).
		AddNode("AccountUpdateNode", "hire", dataflow.Params{"filter": dataflow.Params{"id": dataflow.Input("account")}}).
		AddConnection("organization", "id", "hire", "fields.organization_id")
}

// Grant gives an account a role, by the role's title.
func Grant() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("grant")
	wf.AddNode("RoleUpsertNode", "role", dataflow.Params{
		"where":  dataflow.Params{"title": "admin"},
		"create": dataflow.Params{"title": "admin"},
	})
	wf.AddNode("AccountRoleCreateNode", "grant", dataflow.Params{"account_id": dataflow.Input("account")})
	wf.AddConnection("role", "record.id", "grant", "role_id")
	return wf
}

// RolesOf looks an account's roles up through the table that joins them.
func RolesOf() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("roles_of")
	wf.AddNode("AccountRoleListNode", "joins", dataflow.Params{
		"filter": dataflow.Params{"account_id": dataflow.Input("account")},
	})
	wf.AddNode("TransformNode", "ids", dataflow.Params{"expression": "map(records, .role_id)"})
	wf.AddConnection("joins", "records", "ids", "records")
	wf.AddNode("RoleListNode", "roles", dataflow.Params{"order_by": []string{"title"}})
	wf.AddConnection("ids", "result", "roles", "filter.id.$in")
	return wf
}

// Revoke takes a role away: a composite key is given column by column.
func Revoke() *dataflow.Workflow {
	return dataflow.NewWorkflow("revoke").AddNode("AccountRoleDeleteNode", "revoke", dataflow.Params{
		"account_id": dataflow.Input("account"),
		"role_id":    int64(1),
	})
}
