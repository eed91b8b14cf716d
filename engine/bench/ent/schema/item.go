// Package schema is the benchmark's tables in ent's words.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

func table(name string) []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: name}}
}

// Item holds the schema definition for the Item entity.
type Item struct{ ent.Schema }

// Annotations of the Item.
func (Item) Annotations() []schema.Annotation { return table("items") }

// Fields of the Item.
func (Item) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("sku").Unique(),
		field.String("name"),
		field.Float("price"),
		field.Int64("stock"),
		field.Bool("active"),
	}
}

// Order holds the schema definition for the Order entity.
type Order struct{ ent.Schema }

// Annotations of the Order.
func (Order) Annotations() []schema.Annotation { return table("orders") }

// Fields of the Order.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("user_id"),
		field.String("status"),
		field.Float("total"),
	}
}

// OrderItem holds the schema definition for the OrderItem entity.
type OrderItem struct{ ent.Schema }

// Annotations of the OrderItem.
func (OrderItem) Annotations() []schema.Annotation { return table("order_items") }

// Fields of the OrderItem.
func (OrderItem) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("order_id"),
		field.Int64("item_id"),
		field.Int64("quantity"),
	}
}

// Payment holds the schema definition for the Payment entity.
type Payment struct{ ent.Schema }

// Annotations of the Payment.
func (Payment) Annotations() []schema.Annotation { return table("payments") }

// Fields of the Payment.
func (Payment) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Int64("order_id"), field.Float("amount")}
}

// Invoice holds the schema definition for the Invoice entity.
type Invoice struct{ ent.Schema }

// Annotations of the Invoice.
func (Invoice) Annotations() []schema.Annotation { return table("invoices") }

// Fields of the Invoice.
func (Invoice) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Int64("order_id"), field.Float("total")}
}

// UserStat holds the schema definition for the UserStat entity.
type UserStat struct{ ent.Schema }

// Annotations of the UserStat.
func (UserStat) Annotations() []schema.Annotation { return table("user_stats") }

// Fields of the UserStat.
func (UserStat) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Float("spent")}
}

// Notification holds the schema definition for the Notification entity.
type Notification struct{ ent.Schema }

// Annotations of the Notification.
func (Notification) Annotations() []schema.Annotation { return table("notifications") }

// Fields of the Notification.
func (Notification) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Int64("user_id"), field.String("text")}
}

// Activity holds the schema definition for the Activity entity.
type Activity struct{ ent.Schema }

// Annotations of the Activity.
func (Activity) Annotations() []schema.Annotation { return table("activities") }

// Fields of the Activity.
func (Activity) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Int64("user_id"), field.String("action")}
}
