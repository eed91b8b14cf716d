package graph

import (
	"fmt"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// NilFunc is the DF-801 of AddFunc without a function.
func NilFunc(id string) errcatalog.Finding {
	return errcatalog.Finding{
		Code: errcatalog.DF801, Details: errcatalog.Details{Node: id, NodeType: FuncType},
		Message: fmt.Sprintf("function node %q has no function: AddFunc was given nil", id),
	}
}

// NilTransaction is the DF-801 of AddTransaction without a function.
func NilTransaction(id string) errcatalog.Finding {
	return errcatalog.Finding{
		Code: errcatalog.DF801, Details: errcatalog.Details{Node: id},
		Message: fmt.Sprintf("transaction %q has no function: AddTransaction was given nil", id),
	}
}
