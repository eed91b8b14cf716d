package bench

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
)

// The tables as bun sees them.
type (
	bunItem struct {
		bun.BaseModel `bun:"table:items"`
		ID            int64 `bun:",pk,autoincrement"`
		SKU           string
		Name          string
		Price         float64
		Stock         int64
		Active        bool
	}
	bunOrder struct {
		bun.BaseModel `bun:"table:orders"`
		ID            int64 `bun:",pk,autoincrement"`
		UserID        int64
		Status        string
		Total         float64
	}
	bunOrderItem struct {
		bun.BaseModel             `bun:"table:order_items"`
		ID                        int64 `bun:",pk,autoincrement"`
		OrderID, ItemID, Quantity int64
	}
	bunPayment struct {
		bun.BaseModel `bun:"table:payments"`
		ID            int64 `bun:",pk,autoincrement"`
		OrderID       int64
		Amount        float64
	}
	bunInvoice struct {
		bun.BaseModel `bun:"table:invoices"`
		ID            int64 `bun:",pk,autoincrement"`
		OrderID       int64
		Total         float64
	}
	bunUserStat struct {
		bun.BaseModel `bun:"table:user_stats"`
		ID            int64 `bun:",pk,autoincrement"`
		Spent         float64
	}
	bunNotification struct {
		bun.BaseModel `bun:"table:notifications"`
		ID            int64 `bun:",pk,autoincrement"`
		UserID        int64
		Text          string
	}
	bunActivity struct {
		bun.BaseModel `bun:"table:activities"`
		ID            int64 `bun:",pk,autoincrement"`
		UserID        int64
		Action        string
	}
)

type bunPeer struct{ db *bun.DB }

// openBun uses pgx's simple protocol on PostgreSQL, for bun writes the values into
// the statement: each would be prepared anew, in a round trip of its own.
func openBun(_ context.Context, dsn string) (peer, error) {
	pool, isSQLite, err := sqlDB(dsn, true)
	if err != nil {
		return nil, err
	}
	var d schema.Dialect = pgdialect.New()
	if isSQLite {
		d = sqlitedialect.New()
	}
	return bunPeer{bun.NewDB(pool, d)}, nil
}

func toBun(it item) bunItem {
	return bunItem{ID: it.ID, SKU: it.SKU, Name: it.Name, Price: it.Price, Stock: it.Stock, Active: it.Active}
}

func fromBun(it *bunItem) item {
	return item{it.ID, it.SKU, it.Name, it.Price, it.Stock, it.Active}
}

func (p bunPeer) create(ctx context.Context, it item) (item, error) {
	row := toBun(it)
	_, err := p.db.NewInsert().Model(&row).Exec(ctx)
	return fromBun(&row), err
}

func (p bunPeer) read(ctx context.Context, id int64) (item, error) {
	var row bunItem
	err := p.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return fromBun(&row), err
}

func (p bunPeer) update(ctx context.Context, id, stock int64) error {
	_, err := p.db.NewUpdate().Model((*bunItem)(nil)).Set("stock = ?", stock).Where("id = ?", id).Exec(ctx)
	return err
}

func (p bunPeer) upsert(ctx context.Context, it item) error {
	row := toBun(it)
	_, err := p.db.NewInsert().Model(&row).On("CONFLICT (sku) DO UPDATE").Set("stock = EXCLUDED.stock").Exec(ctx)
	return err
}

func (p bunPeer) delete(ctx context.Context, id int64) error {
	_, err := p.db.NewDelete().Model((*bunItem)(nil)).Where("id = ?", id).Exec(ctx)
	return err
}

func (p bunPeer) count(ctx context.Context, stock int64) (int64, error) {
	n, err := p.db.NewSelect().Model((*bunItem)(nil)).Where("active = ? AND stock < ?", true, stock).Count(ctx)
	return int64(n), err
}

func (p bunPeer) list(ctx context.Context, n int) (sum int64, err error) {
	var items []bunItem
	err = p.db.NewSelect().Model(&items).Order("id").Limit(int64(n)).Scan(ctx)
	for i := range items {
		sum += items[i].Stock
	}
	return sum, err
}

func (p bunPeer) bulkCreate(ctx context.Context, items []item) error {
	rows := make([]bunItem, len(items))
	for i, it := range items {
		rows[i] = toBun(it)
	}
	_, err := p.db.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (p bunPeer) order(ctx context.Context, user int64) (int64, error) {
	var err error
	insert := func(row any) {
		if err == nil {
			_, err = p.db.NewInsert().Model(row).Exec(ctx)
		}
	}
	update := func(model any, set string, value any, id int64) {
		if err == nil {
			_, err = p.db.NewUpdate().Model(model).Set(set, value).Where("id = ?", id).Exec(ctx)
		}
	}
	order := bunOrder{UserID: user, Status: "new", Total: total}
	insert(&order)
	insert(&bunOrderItem{OrderID: order.ID, ItemID: user, Quantity: quantity})
	update((*bunItem)(nil), "stock = ?", quantity, user)
	insert(&bunPayment{OrderID: order.ID, Amount: total})
	update((*bunOrder)(nil), "status = ?", "paid", order.ID)
	insert(&bunInvoice{OrderID: order.ID, Total: total})
	update((*bunUserStat)(nil), "spent = ?", total, user)
	insert(&bunNotification{UserID: user, Text: "Your order is paid"})
	insert(&bunActivity{UserID: user, Action: "order"})
	if err != nil {
		return 0, err
	}
	n, err := p.db.NewSelect().Model((*bunOrder)(nil)).Where("user_id = ?", user).Count(ctx)
	return int64(n), err
}

func (p bunPeer) close() error { return p.db.Close() }
