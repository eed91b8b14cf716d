package iot

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
)

const fleetSize = 3

// labels are where the devices hang.
var labels = [fleetSize]string{"cellar", "kitchen", "roof"}

// Provision makes the fleet, a node for each device.
func Provision() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("provision")
	for i := range fleetSize {
		wf.AddNode("DeviceCreateNode", fmt.Sprintf("device_%d", i+1), dataflow.Params{
			"serial":   uint32(1000 + i),
			"label":    labels[i],
			"firmware": []byte{0x7f, byte(i)},
			"config":   map[string]any{"interval": 60, "unit": "C"},
		})
	}
	return wf
}

// Retire deletes the devices of some serial numbers.
func Retire(serials ...uint32) *dataflow.Workflow {
	return dataflow.NewWorkflow("retire").AddNode("DeviceBulkDeleteNode", "retire", dataflow.Params{"ids": serials})
}
