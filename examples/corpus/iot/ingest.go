package iot

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// A Sample is what comes over the wire.
type Sample struct {
	Device  uint32
	At      time.Time
	Celsius float32
}

// Ingest stores samples; one that came twice is skipped.
func Ingest(samples []Sample) *dataflow.Workflow {
	rows := make([]dataflow.Params, len(samples))
	for i, s := range samples {
		rows[i] = dataflow.Params{"device": s.Device, "at": s.At, "celsius": s.Celsius, "raw": []int16{1, -1}}
	}
	wf := dataflow.NewWorkflow("ingest")
	wf.AddNode("ReadingBulkCreateNode", "readings", dataflow.Params{"data": rows, "on_conflict": "skip"})
	for _, s := range samples {
		wf.AddNode("DeviceBulkUpdateNode", "seen_"+s.At.Format("150405"), dataflow.Params{
			"filter": dataflow.Params{"serial": s.Device},
			"fields": dataflow.Params{"online": true, "seen_at": s.At},
		})
	}
	return wf
}

// First stores the first measurement of all.
func First() *dataflow.Workflow {
	return dataflow.NewWorkflow("first").AddNode("ReadingCreateNode", "first", dataflow.Params{
		"device":   1000,
		"at":       "2030-05-01T00:00:00Z",
		"celsius":  -4.5,
		"humidity": 40,
		"raw":      []int16{3, 2, 1},
	})
}
