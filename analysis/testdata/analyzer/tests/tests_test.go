package tests_test // want package:"models: example.com/shop/tests_test.Draft}$"

import (
	"testing"

	"github.com/dataflow-go/dataflow"
)

type Draft struct {
	dataflow.Model
	ID   string
	Text string
}

func TestDraft(t *testing.T) {
	wf := dataflow.NewWorkflow("draft")
	wf.AddNode("DraftCreateNode", "create", dataflow.Params{"id": "1", "txet": "a"}) // want `^DF-111 `
	//dataflow:ignore DF-102 on purpose
	wf.AddNode("DraftCreateNode", "second", dataflow.Params{"id": "1", "text": 7})
	if _, err := wf.Build(); err == nil {
		t.Fatal("no error")
	}
}
