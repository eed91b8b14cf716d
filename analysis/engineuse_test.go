package analysis_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// Who runs a workflow of another package is told of its inputs as they stand now,
// and a node whose result is read elsewhere is read.
func TestRunsAcrossPackages(t *testing.T) {
	t.Parallel()
	flows := `package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserListNode", "shown", dataflow.Params{"filter": dataflow.Params{"email": dataflow.Input("email")}})
	wf.AddNode("SwitchNode", "any", dataflow.Params{"condition": "n > 0"})
	wf.AddConnection("shown", "count", "any", "n")
	return wf
}
`
	w, dir := workspace(t, shopModels, "\n-- flows/flows.go --\n"+flows, `
-- app/app.go --
package app

import (
	"context"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"

	"example.com/shop/flows"
)

func Run(ctx context.Context, db *engine.Engine) (any, error) {
	res, err := db.Run(ctx, flows.Signup(), engine.WithInputs(dataflow.Params{"email": "ann@example.com"}))
	if err != nil {
		return nil, err
	}
	return res.Outputs["shown"]["records"], nil
}
`)
	wantCodes(t, dir, check(t, w))
	file := filepath.Join(dir, "flows", "flows.go")
	w.SetFile(file, []byte(strings.Replace(flows, `Input("email")`, `Input("mail")`, 1)))
	pkgs, err := w.Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, pkgs, "app/app.go:13 DF-810")
}
