package ops

import (
	"errors"
	"fmt"

	"github.com/dataflow-go/dataflow"
)

// errNoHosts is what a plan without hosts fails with.
var errNoHosts = errors.New("no hosts to deploy to")

// A Plan says what goes where.
type Plan struct {
	Service, Version string
	Hosts            []string
	// Canary deploys to the first host alone.
	Canary bool
}

// Workflow builds the plan's workflow, or says why it cannot.
func (p Plan) Workflow() (wf *dataflow.Workflow, err error) {
	if len(p.Hosts) == 0 {
		return nil, fmt.Errorf("%s %s: %w", p.Service, p.Version, errNoHosts)
	}
	defer func() {
		if err == nil {
			_, err = wf.Build()
		}
	}()
	wf = dataflow.NewWorkflow("deploy_" + p.Service)
	wf.AddNode("ServiceReadNode", "service", dataflow.Params{"filter": dataflow.Params{"name": p.Service}})
hosts:
	for i, host := range p.Hosts {
		switch {
		case p.Canary && i > 0:
			break hosts
		case host == "":
			continue hosts
		}
		deploy(wf, host, p.Version)
	}
	return wf, nil
}

func deploy(wf *dataflow.Workflow, host, version string) {
	id := "on_" + host
	wf.AddNode("DeploymentCreateNode", id, dataflow.Params{"host": host, "version": version, "state": Running})
	wf.AddConnection("service", "id", id, "service_id")
}

// Must returns the workflow, or panics.
func Must(wf *dataflow.Workflow, err error) *dataflow.Workflow {
	if err != nil {
		panic(err)
	}
	return wf
}
