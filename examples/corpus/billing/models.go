// Package billing writes invoices and books what is paid.
package billing

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

// Subscription is what a company pays for.
type Subscription struct {
	dataflow.Model
	ID      string
	Company string
	Plan    string `validate:"oneof=basic plus"`
	Fee     decimal.Decimal
	Until   *time.Time
}

// Invoice asks for money.
type Invoice struct {
	dataflow.Model `df:"versioned,table=billing_invoices"`
	Number         string `df:",pk"`
	SubscriptionID string `df:",index,ref=Subscription.id"`
	Net            decimal.Decimal
	Gross          decimal.Decimal
	State          string `df:",default=open" validate:"oneof=open paid void"`
	CreatedAt      time.Time
}

// Booking is money that came in.
type Booking struct {
	dataflow.Model
	ID            int64
	InvoiceNumber string `df:"invoice_no,ref=Invoice.number"`
	Amount        decimal.Decimal
	Reference     *string
}
