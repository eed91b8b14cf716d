package main_test

import (
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"golang.org/x/tools/txtar"
)

// What --format sarif prints is valid by the schema of SARIF 2.1.0, with findings,
// related places and fixes in it and without.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"validate_sarif", "validate_text", "validate_fix", "validate_misnamed", "validate_clean"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr := command(t, unpack(t, archive), "validate", "--format", "sarif")
			log, err := sarif.FromString(stdout, sarif.WithStrictValidation())
			if err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			if err := log.Validate(); err != nil {
				t.Error(err)
			}
			if findings := len(log.Runs[0].Results); (findings == 0) != (name == "validate_clean") {
				t.Errorf("%d findings", findings)
			}
		})
	}
}

// The check above can fail.
func TestSARIFSchemaRefuses(t *testing.T) {
	t.Parallel()
	log := sarif.NewReport().AddRun(sarif.NewRun().AddResult(sarif.NewResult().WithLevel("dreadful")))
	if log.Validate() == nil {
		t.Error("a result without a message, of a level that there is not, is valid")
	}
}
