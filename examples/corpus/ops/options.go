package ops

import "github.com/dataflow-go/dataflow"

// An Option changes the params of a node.
type Option func(dataflow.Params)

// Cores sets a host's cores.
func Cores(n int) Option { return func(p dataflow.Params) { p["cores"] = n } }

// Label sets one label.
func Label(key string, value any) Option {
	return func(p dataflow.Params) {
		labels, ok := p["labels"].(map[string]any)
		if !ok {
			labels = map[string]any{}
			p["labels"] = labels
		}
		labels[key] = value
	}
}

// AddHost saves a host.
func AddHost(name, region string, opts ...Option) *dataflow.Workflow {
	create := dataflow.Params{"region": region}
	for _, opt := range opts {
		opt(create)
	}
	return dataflow.NewWorkflow("add_host").AddNode("HostUpsertNode", "host", dataflow.Params{
		"where":  dataflow.Params{"name": name},
		"create": create,
		"update": create,
	})
}
