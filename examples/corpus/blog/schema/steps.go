package schema

import "github.com/dataflow-go/dataflow"

// FindPost adds the node that finds a post by its slug.
func FindPost(wf *dataflow.Workflow, slug any) *dataflow.Workflow {
	return wf.AddNode(ReadPost, StepPost, dataflow.Params{
		"filter": dataflow.Params{ColumnSlug: slug},
	})
}
