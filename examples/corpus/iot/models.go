// Package iot takes measurements in, looks at them and throws old ones away.
package iot

import (
	"encoding/json"
	"time"

	"github.com/dataflow-go/dataflow"
)

// Device measures.
type Device struct {
	dataflow.Model
	Serial   uint32 `df:",pk"`
	Label    string
	Firmware []byte
	Config   json.RawMessage
	Online   bool `df:",default=false"`
	SeenAt   *time.Time
}

// Reading is one measurement.
type Reading struct {
	dataflow.Model
	ID       int64
	Device   uint32    `df:",unique=moment,ref=Device.serial,ondelete=cascade"`
	At       time.Time `df:",unique=moment"`
	Celsius  float32
	Humidity *float64
	Raw      []int16
}

// Alarm is raised by a reading.
type Alarm struct {
	dataflow.Model
	ID     int64
	Device uint32 `df:",ref=Device.serial"`
	Level  int8   `validate:"min=1,max=3"`
	Reason string
}
