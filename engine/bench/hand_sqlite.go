package bench

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	_ "modernc.org/sqlite" // the driver of every peer on SQLite
)

// The statements a careful person would write, as sqlc would generate them.
const (
	insertItem  = "INSERT INTO items (sku, name, price, stock, active) VALUES (?, ?, ?, ?, ?) RETURNING id, sku, name, price, stock, active"
	selectItem  = "SELECT id, sku, name, price, stock, active FROM items WHERE id = ?"
	updateItem  = "UPDATE items SET stock = ? WHERE id = ? RETURNING id, sku, name, price, stock, active"
	upsertItem  = "INSERT INTO items (sku, name, price, stock, active) VALUES (?, ?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE SET stock = excluded.stock RETURNING id, sku, name, price, stock, active"
	deleteItem  = "DELETE FROM items WHERE id = ?"
	countItems  = "SELECT count(*) FROM items WHERE active = ? AND stock < ?"
	listItems   = "SELECT id, sku, name, price, stock, active FROM items ORDER BY id LIMIT ?"
	copyRows    = 100
	rowOfItem   = "(?, ?, ?, ?, ?)"
	createMany  = "INSERT INTO items (sku, name, price, stock, active) VALUES "
	insertOrder = "INSERT INTO orders (user_id, status, total) VALUES (?, ?, ?) RETURNING id"
	insertLine  = "INSERT INTO order_items (order_id, item_id, quantity) VALUES (?, ?, ?) RETURNING id"
	insertPay   = "INSERT INTO payments (order_id, amount) VALUES (?, ?) RETURNING id"
	updateOrder = "UPDATE orders SET status = ? WHERE id = ?"
	insertInv   = "INSERT INTO invoices (order_id, total) VALUES (?, ?) RETURNING id"
	updateStat  = "UPDATE user_stats SET spent = ? WHERE id = ?"
	insertNote  = "INSERT INTO notifications (user_id, text) VALUES (?, ?) RETURNING id"
	insertLog   = "INSERT INTO activities (user_id, action) VALUES (?, ?) RETURNING id"
	countOrders = "SELECT count(*) FROM orders WHERE user_id = ?"
)

// byHandSQLite is database/sql with prepared statements: one connection writes,
// poolSize read, as the engine has them.
type byHandSQLite struct {
	writer, reader *sql.DB
	stmts          map[string]*sql.Stmt
}

// sqliteSettings are the engine's.
const sqliteSettings = "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)"

func sqliteDB(path string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?"+sqliteSettings)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func openByHandSQLite(ctx context.Context, dsn string) (peer, error) {
	path := strings.TrimPrefix(dsn, "sqlite:")
	writer, err := sqliteDB(path, 1)
	if err != nil {
		return nil, err
	}
	reader, err := sqliteDB(path, poolSize)
	if err != nil {
		return nil, err
	}
	p := byHandSQLite{writer, reader, map[string]*sql.Stmt{}}
	for _, text := range []string{selectItem, countItems, listItems, countOrders} {
		if p.stmts[text], err = reader.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	for _, text := range []string{
		insertItem, updateItem, upsertItem, deleteItem, createMany + strings.Repeat(rowOfItem+", ", copyRows-1) + rowOfItem,
		insertOrder, insertLine, insertPay, updateOrder, insertInv, updateStat, insertNote, insertLog,
	} {
		if p.stmts[text], err = writer.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (it *item) dest() []any {
	return []any{&it.ID, &it.SKU, &it.Name, &it.Price, &it.Stock, &it.Active}
}

func (p byHandSQLite) create(ctx context.Context, it item) (item, error) {
	err := p.stmts[insertItem].QueryRowContext(ctx, it.SKU, it.Name, it.Price, it.Stock, it.Active).Scan(it.dest()...)
	return it, err
}

func (p byHandSQLite) read(ctx context.Context, id int64) (it item, err error) {
	err = p.stmts[selectItem].QueryRowContext(ctx, id).Scan(it.dest()...)
	return it, err
}

func (p byHandSQLite) update(ctx context.Context, id, stock int64) error {
	var it item
	return p.stmts[updateItem].QueryRowContext(ctx, stock, id).Scan(it.dest()...)
}

func (p byHandSQLite) upsert(ctx context.Context, it item) error {
	return p.stmts[upsertItem].QueryRowContext(ctx, it.SKU, it.Name, it.Price, it.Stock, it.Active).Scan(it.dest()...)
}

func (p byHandSQLite) delete(ctx context.Context, id int64) error {
	_, err := p.stmts[deleteItem].ExecContext(ctx, id)
	return err
}

func (p byHandSQLite) count(ctx context.Context, stock int64) (n int64, err error) {
	err = p.stmts[countItems].QueryRowContext(ctx, true, stock).Scan(&n)
	return n, err
}

func (p byHandSQLite) list(ctx context.Context, n int) (sum int64, err error) {
	rows, err := p.stmts[listItems].QueryContext(ctx, n)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
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

func sumItems(items []item) (sum int64) {
	for i := range items {
		sum += items[i].Stock
	}
	return sum
}

// bulkCreate takes a multiple of copyRows.
func (p byHandSQLite) bulkCreate(ctx context.Context, items []item) error {
	tx, err := p.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit it has nothing to do
	stmt := tx.StmtContext(ctx, p.stmts[createMany+strings.Repeat(rowOfItem+", ", copyRows-1)+rowOfItem])
	args := make([]any, 0, copyRows*5)
	for start := 0; start < len(items); start += copyRows {
		args = args[:0]
		for _, it := range items[start : start+copyRows] {
			args = append(args, it.SKU, it.Name, it.Price, it.Stock, it.Active)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (p byHandSQLite) order(ctx context.Context, user int64) (n int64, err error) {
	var order, id int64
	insert := func(text string, args ...any) {
		if err == nil {
			err = p.stmts[text].QueryRowContext(ctx, args...).Scan(&id)
		}
	}
	update := func(text string, args ...any) {
		if err == nil {
			_, err = p.stmts[text].ExecContext(ctx, args...)
		}
	}
	insert(insertOrder, user, "new", total)
	order = id
	insert(insertLine, order, user, quantity)
	update(updateItem, quantity, user)
	insert(insertPay, order, total)
	update(updateOrder, "paid", order)
	insert(insertInv, order, total)
	update(updateStat, total, user)
	insert(insertNote, user, "Your order is paid")
	insert(insertLog, user, "order")
	if err == nil {
		err = p.stmts[countOrders].QueryRowContext(ctx, user).Scan(&n)
	}
	return n, err
}

func (p byHandSQLite) close() error { return errors.Join(p.reader.Close(), p.writer.Close()) }
