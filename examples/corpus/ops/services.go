package ops

import "github.com/dataflow-go/dataflow"

// A source yields workflows: services and hosts alike.
type source interface {
	name() string
	list(wf *dataflow.Workflow) *dataflow.Workflow
}

type services struct{ owner string }

func (services) name() string { return "services" }

func (s services) list(wf *dataflow.Workflow) *dataflow.Workflow {
	p := dataflow.Params{"order_by": []string{"name"}}
	if s.owner != "" {
		p["filter"] = dataflow.Params{"owner": s.owner}
	}
	return wf.AddNode("ServiceListNode", s.name(), p)
}

type hosts struct{}

func (hosts) name() string { return "hosts" }

func (h hosts) list(wf *dataflow.Workflow) *dataflow.Workflow {
	return wf.AddNode("HostListNode", h.name(), dataflow.Params{"filter": dataflow.Params{"cores": dataflow.Params{"$gte": 2}}})
}

var _ = []source{services{}, hosts{}}

// Overview lists what there is, in one workflow.
func Overview() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("overview")
	for _, s := range []source{services{owner: "ann"}, hosts{}} {
		wf = s.list(wf)
	}
	return wf
}

// register makes a service of a name; its environment is the same everywhere.
var register = func(name string) *dataflow.Workflow {
	return dataflow.NewWorkflow("register").AddNode("ServiceCreateNode", "service", dataflow.Params{
		"name": name, "owner": "ann", "env": []string{"TZ=UTC"},
	})
}

// Register makes a service.
func Register(name string) *dataflow.Workflow { return register(name) }
