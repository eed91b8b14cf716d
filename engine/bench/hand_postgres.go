package bench

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// byHandPostgres is pgx itself: its pool prepares and keeps the statements.
type byHandPostgres struct{ pool *pgxpool.Pool }

func openByHandPostgres(ctx context.Context, dsn string) (peer, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	c.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(ctx, c)
	return byHandPostgres{pool}, err
}

// numbered is a statement with PostgreSQL's parameters.
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var (
	pgInsertItem  = numbered(insertItem)
	pgSelectItem  = numbered(selectItem)
	pgUpdateItem  = numbered(updateItem)
	pgUpsertItem  = numbered(upsertItem)
	pgDeleteItem  = numbered(deleteItem)
	pgCountItems  = numbered(countItems)
	pgListItems   = numbered(listItems)
	pgInsertOrder = numbered(insertOrder)
	pgInsertLine  = numbered(insertLine)
	pgInsertPay   = numbered(insertPay)
	pgUpdateOrder = numbered(updateOrder)
	pgInsertInv   = numbered(insertInv)
	pgUpdateStat  = numbered(updateStat)
	pgInsertNote  = numbered(insertNote)
	pgInsertLog   = numbered(insertLog)
	pgCountOrders = numbered(countOrders)
)

func (p byHandPostgres) create(ctx context.Context, it item) (item, error) {
	err := p.pool.QueryRow(ctx, pgInsertItem, it.SKU, it.Name, it.Price, it.Stock, it.Active).Scan(it.dest()...)
	return it, err
}

func (p byHandPostgres) read(ctx context.Context, id int64) (it item, err error) {
	err = p.pool.QueryRow(ctx, pgSelectItem, id).Scan(it.dest()...)
	return it, err
}

func (p byHandPostgres) update(ctx context.Context, id, stock int64) error {
	var it item
	return p.pool.QueryRow(ctx, pgUpdateItem, stock, id).Scan(it.dest()...)
}

func (p byHandPostgres) upsert(ctx context.Context, it item) error {
	return p.pool.QueryRow(ctx, pgUpsertItem, it.SKU, it.Name, it.Price, it.Stock, it.Active).Scan(it.dest()...)
}

func (p byHandPostgres) delete(ctx context.Context, id int64) error {
	_, err := p.pool.Exec(ctx, pgDeleteItem, id)
	return err
}

func (p byHandPostgres) count(ctx context.Context, stock int64) (n int64, err error) {
	err = p.pool.QueryRow(ctx, pgCountItems, true, stock).Scan(&n)
	return n, err
}

func (p byHandPostgres) list(ctx context.Context, n int) (sum int64, err error) {
	rows, err := p.pool.Query(ctx, pgListItems, n)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	items := make([]item, 0, n)
	for rows.Next() {
		var it item
		if err := rows.Scan(&it.ID, &it.SKU, &it.Name, &it.Price, &it.Stock, &it.Active); err != nil {
			return 0, err
		}
		items = append(items, it)
	}
	return sumItems(items), rows.Err()
}

// bulkCreate knows the keys of what it wrote, as the others do: COPY returns nothing,
// so they are drawn from the sequence before.
func (p byHandPostgres) bulkCreate(ctx context.Context, items []item) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT nextval('items_id_seq') FROM generate_series(1, $1)", len(items))
		if err != nil {
			return err
		}
		keys, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"items"}, []string{"id", "sku", "name", "price", "stock", "active"},
			pgx.CopyFromSlice(len(items), func(i int) ([]any, error) {
				it := &items[i]
				return []any{keys[i], it.SKU, it.Name, it.Price, it.Stock, it.Active}, nil
			}))
		return err
	})
}

func (p byHandPostgres) order(ctx context.Context, user int64) (n int64, err error) {
	var order, id int64
	insert := func(text string, args ...any) {
		if err == nil {
			err = p.pool.QueryRow(ctx, text, args...).Scan(&id)
		}
	}
	update := func(text string, args ...any) {
		if err == nil {
			_, err = p.pool.Exec(ctx, text, args...)
		}
	}
	insert(pgInsertOrder, user, "new", total)
	order = id
	insert(pgInsertLine, order, user, quantity)
	update(pgUpdateItem, quantity, user)
	insert(pgInsertPay, order, total)
	update(pgUpdateOrder, "paid", order)
	insert(pgInsertInv, order, total)
	update(pgUpdateStat, total, user)
	insert(pgInsertNote, user, "Your order is paid")
	insert(pgInsertLog, user, "order")
	if err == nil {
		err = p.pool.QueryRow(ctx, pgCountOrders, user).Scan(&n)
	}
	return n, err
}

func (p byHandPostgres) close() error {
	p.pool.Close()
	return nil
}
