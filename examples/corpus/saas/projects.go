package saas

import "github.com/dataflow-go/dataflow"

// NewProject makes a project with its first tasks. The tenant comes from the run.
func NewProject() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("new_project")
	wf.AddTransaction("project", func(tx *dataflow.Workflow) {
		tx.AddNode("ProjectCreateNode", "project", dataflow.Params{
			"slug":     dataflow.Input("slug"),
			"title":    "A new project",
			"settings": map[string]any{"color": "green", "columns": []string{"todo", "done"}},
		})
		for _, task := range []string{"plan", "build"} {
			tx.AddNode("TaskCreateNode", "task_"+task, dataflow.Params{"title": task, "due": "2030-01-31T12:00:00Z"})
			tx.AddConnection("project", "id", "task_"+task, "project_id")
		}
	})
	return wf
}

// Projects lists the projects of the run's tenant, by what their settings say.
func Projects() *dataflow.Workflow {
	return dataflow.NewWorkflow("projects").
		AddNode("ProjectListNode", "projects", dataflow.Params{"order_by": []string{"slug"}}).
		AddNode("ProjectCountNode", "green", dataflow.Params{
			"filter": dataflow.Params{"settings.color": "green"},
		}).
		AddNode("ProjectCountNode", "ever", dataflow.Params{"include_deleted": true})
}

// Archive deletes a project softly: it can be seen with include_deleted alone.
func Archive() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("archive")
	wf.AddNode("ProjectDeleteNode", "archive", dataflow.Params{"filter": dataflow.Params{"slug": dataflow.Input("slug")}})
	wf.AddNode("ProjectReadNode", "gone", dataflow.Params{"include_deleted": true})
	wf.AddConnection("archive", "id", "gone", "id")
	return wf
}
