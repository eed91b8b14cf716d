package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/internal/version"
)

func newVersion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  cobra.NoArgs,
	}
	f := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *f == formatJSON {
			return writeJSON(cmd.OutOrStdout(), version.Get())
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "dataflow", version.String())
		return err
	}
	return cmd
}
