package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// postgres is the dialect of PostgreSQL, driven natively by pgx: binary values,
// prepared statements, batches and COPY. One pool serves readers and writers.
type postgres struct{}

func (postgres) open(ctx context.Context, s source, o config) (read, write pool, err error) {
	config := s.postgres.Copy()
	if o.poolSize > 0 {
		config.MaxConns = int32(min(o.poolSize, 10_000)) //nolint:gosec // bounded just here
	}
	if o.readOnly {
		config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	// A statement whose context ends is cancelled at the server, which leaves the
	// connection usable; closing it would cost everyone a new one.
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: 0, DeadlineDelay: cancelGrace}
	}
	p, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	w := newPostgresPool(p, o.tracer)
	c, err := w.get(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	version := ""
	if pc, ok := c.(*postgresConn); ok {
		version = pc.c.Conn().PgConn().ParameterStatus("server_version")
	}
	w.put(c)
	if tooOld(version) {
		return nil, nil, errors.Join(oldServer("PostgreSQL "+version), w.close())
	}
	return w, w, nil
}

// oldestPostgres is the first version that is tested.
const oldestPostgres = 13

// An oldServer is the error of a server's version that does not serve.
type oldServer string

func (o oldServer) Error() string { return "the server runs " + string(o) }

// tooOld reports whether a server says that it is older than oldestPostgres. One
// that says nothing, or what is no version, may try.
func tooOld(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n < oldestPostgres
}

func (postgres) quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (postgres) placeholder(n int) string { return placeholders.of(n) }

func (postgres) maxParams() int { return 65535 }

func (postgres) begin() string    { return "BEGIN" }
func (postgres) commit() string   { return "COMMIT" }
func (postgres) rollback() string { return "ROLLBACK" }
func (postgres) snapshot() string { return "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" }
func (postgres) aborts() bool     { return true }
func (postgres) shared() bool     { return true }

func (postgres) rows(ctx context.Context, x *operation, text string, args []any, _ []*column, begin func() func([]any) error) error {
	return x.query(ctx, false, text, args, nil, begin())
}

// errAborted is the cause of a commit that the server turned into a rollback.
var errAborted = errors.New("a statement in it failed, so the database rolled it back")

func (postgres) classify(err error, t *table) (errcatalog.Code, []string) {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		code := errcatalog.FromSQLState(pe.Code)
		var columns []string
		switch code {
		case errcatalog.DF310:
			columns = t.constraintColumns(pe)
		case errcatalog.DF311:
			columns = []string{pe.ColumnName}
		}
		return code, columns
	}
	switch {
	case errors.Is(err, errAborted):
		return errcatalog.DF504, nil
	case insecure(err):
		return errcatalog.DF406, nil
	case lostConnection(err):
		return errcatalog.DF511, nil
	}
	return errcatalog.DF502, nil
}

// insecure reports whether a connection as secure as the URL wants it could not be
// made: another try would fare no better.
func insecure(err error) bool {
	var unverified *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var misnamed x509.HostnameError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &unverified) || errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &misnamed) ||
		errors.As(err, &alert) || errors.As(err, &record) ||
		err != nil && strings.Contains(err.Error(), "server refused TLS connection") // pgx has no type for it
}

// lostConnection reports whether err is of the network, not of a statement.
func lostConnection(err error) bool {
	var ne net.Error
	var ce *pgconn.ConnectError
	return errors.As(err, &ne) || errors.As(err, &ce) || pgconn.SafeToRetry(err) || errors.Is(err, errConnectionClosed) || isEOF(err)
}

// constraintColumns are the columns of the unique key that was broken. The server
// names the index; the text of its message, which may be in any language, is read
// only for an index that is not the engine's.
func (t *table) constraintColumns(pe *pgconn.PgError) []string {
	if t == nil || pe.TableName != t.m.Table {
		return nil
	}
	for _, ix := range t.wanted() {
		if ix.name == pe.ConstraintName {
			return ix.columns
		}
	}
	if pe.ConstraintName == t.m.Table+"_pkey" {
		return t.m.PrimaryKey()
	}
	_, rest, ok := strings.Cut(pe.Detail, "(")
	list, _, closed := strings.Cut(rest, ")=(")
	if !ok || !closed {
		return nil
	}
	columns := strings.Split(list, ", ")
	for i, c := range columns {
		columns[i] = strings.ReplaceAll(strings.Trim(c, `"`), `""`, `"`)
	}
	return columns
}
