package iot

import (
	"context"

	"github.com/dataflow-go/dataflow"
)

const (
	warning = iota + 1
	critical
)

// Watch raises an alarm for the last reading of a device, if it is too hot.
func Watch() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("watch")
	wf.AddNode("ReadingListNode", "last", dataflow.Params{
		"filter":   dataflow.Params{"device": dataflow.Input("device")},
		"order_by": []string{"-at"},
		"limit":    1,
	})
	wf.AddFunc("level", func(_ context.Context, in dataflow.Params) (dataflow.Params, error) {
		celsius, _ := in["celsius"].(float64)
		switch {
		case celsius > 80:
			return dataflow.Params{"level": critical, "hot": true}, nil
		case celsius > 40:
			return dataflow.Params{"level": warning, "hot": true}, nil
		}
		return dataflow.Params{"hot": false}, nil
	})
	wf.AddConnection("last", "records.0.celsius", "level", "celsius")
	wf.AddNode("SwitchNode", "hot", dataflow.Params{"condition": "hot"})
	wf.AddConnection("level", "hot", "hot", "hot")
	wf.AddNode("AlarmCreateNode", "alarm", dataflow.Params{"device": dataflow.Input("device"), "reason": "too hot"})
	wf.AddConnection("level", "level", "alarm", "level")
	wf.AddConnection("hot", "true_output", "alarm", "trigger")
	return wf
}

// Forget deletes the readings of a time span, and every alarm.
func Forget() *dataflow.Workflow {
	return dataflow.NewWorkflow("forget").
		AddNode("ReadingBulkDeleteNode", "readings", dataflow.Params{
			"filter": dataflow.Params{"at": dataflow.Params{"$between": []string{"2030-01-01T00:00:00Z", "2030-06-01T00:00:00Z"}}},
		}).
		AddNode("AlarmBulkDeleteNode", "alarms", dataflow.Params{"confirm": true})
}
