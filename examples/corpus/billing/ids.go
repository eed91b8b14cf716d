package billing

// Node types and ids, so that a slip of the pen is the compiler's to find.
const (
	nodeSubscribe = model + "CreateNode"
	model         = "Subscription"

	idSubscription = "subscription"
	idInvoice      = "invoice"
	idTax          = "tax"

	vatPercent = 19
)
