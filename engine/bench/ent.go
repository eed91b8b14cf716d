package bench

import (
	"context"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/dataflow-go/dataflow/engine/bench/ent"
	entitem "github.com/dataflow-go/dataflow/engine/bench/ent/item"
	entorder "github.com/dataflow-go/dataflow/engine/bench/ent/order"
)

type entPeer struct{ c *ent.Client }

func openEnt(_ context.Context, dsn string) (peer, error) {
	pool, isSQLite, err := sqlDB(dsn, false)
	if err != nil {
		return nil, err
	}
	name := dialect.Postgres
	if isSQLite {
		name = dialect.SQLite
	}
	return entPeer{ent.NewClient(ent.Driver(entsql.OpenDB(name, pool)))}, nil
}

func fromEnt(it *ent.Item) item {
	return item{it.ID, it.Sku, it.Name, it.Price, it.Stock, it.Active}
}

func (p entPeer) builder(it item) *ent.ItemCreate {
	return p.c.Item.Create().SetSku(it.SKU).SetName(it.Name).SetPrice(it.Price).SetStock(it.Stock).SetActive(it.Active)
}

func (p entPeer) create(ctx context.Context, it item) (item, error) {
	row, err := p.builder(it).Save(ctx)
	if err != nil {
		return item{}, err
	}
	return fromEnt(row), nil
}

func (p entPeer) read(ctx context.Context, id int64) (item, error) {
	row, err := p.c.Item.Get(ctx, id)
	if err != nil {
		return item{}, err
	}
	return fromEnt(row), nil
}

// update does not ask for the row: UpdateOneID would read it in a transaction.
func (p entPeer) update(ctx context.Context, id, stock int64) error {
	return p.c.Item.Update().Where(entitem.ID(id)).SetStock(stock).Exec(ctx)
}

func (p entPeer) upsert(ctx context.Context, it item) error {
	return p.builder(it).OnConflictColumns(entitem.FieldSku).Update(func(u *ent.ItemUpsert) { u.UpdateStock() }).Exec(ctx)
}

func (p entPeer) delete(ctx context.Context, id int64) error {
	return p.c.Item.DeleteOneID(id).Exec(ctx)
}

func (p entPeer) count(ctx context.Context, stock int64) (int64, error) {
	n, err := p.c.Item.Query().Where(entitem.Active(true), entitem.StockLT(stock)).Count(ctx)
	return int64(n), err
}

func (p entPeer) list(ctx context.Context, n int) (sum int64, err error) {
	items, err := p.c.Item.Query().Order(entitem.ByID()).Limit(n).All(ctx)
	for _, it := range items {
		sum += it.Stock
	}
	return sum, err
}

func (p entPeer) bulkCreate(ctx context.Context, items []item) error {
	tx, err := p.c.Tx(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit it has nothing to do
	for start := 0; start < len(items); start += batch {
		rows := items[start:min(start+batch, len(items))]
		err := tx.Item.MapCreateBulk(rows, func(c *ent.ItemCreate, i int) {
			it := &rows[i]
			c.SetSku(it.SKU).SetName(it.Name).SetPrice(it.Price).SetStock(it.Stock).SetActive(it.Active)
		}).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (p entPeer) order(ctx context.Context, user int64) (int64, error) {
	order, err := p.c.Order.Create().SetUserID(user).SetStatus("new").SetTotal(total).Save(ctx)
	if err != nil {
		return 0, err
	}
	for _, step := range []interface{ Exec(context.Context) error }{
		p.c.OrderItem.Create().SetOrderID(order.ID).SetItemID(user).SetQuantity(quantity),
		p.c.Item.Update().Where(entitem.ID(user)).SetStock(quantity),
		p.c.Payment.Create().SetOrderID(order.ID).SetAmount(total),
		p.c.Order.Update().Where(entorder.ID(order.ID)).SetStatus("paid"),
		p.c.Invoice.Create().SetOrderID(order.ID).SetTotal(total),
		p.c.UserStat.UpdateOneID(user).SetSpent(total),
		p.c.Notification.Create().SetUserID(user).SetText("Your order is paid"),
		p.c.Activity.Create().SetUserID(user).SetAction("order"),
	} {
		if err := step.Exec(ctx); err != nil {
			return 0, err
		}
	}
	n, err := p.c.Order.Query().Where(entorder.UserID(user)).Count(ctx)
	return int64(n), err
}

func (p entPeer) close() error { return p.c.Close() }
