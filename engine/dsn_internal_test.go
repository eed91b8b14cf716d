package engine

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Whatever stands in a postgres:// URL, what is told of it does not tell the
// password; what is taken connects with the password as it was given, and binds
// values.
func FuzzPostgresURL(f *testing.F) {
	for _, password := range []string{"s3cret-pw", "p@ss:w/o?r#d%", "ü€😀", " ", "a b+c", "\\'\"", "\x00", "%41"} {
		f.Add("user", password, "localhost", "app", "sslmode=disable")
		f.Add("", password, "[::1]:5433", "", "password=other&port=99999")
		f.Add("user", password, "a:1,b:2", "a/b", "sslmode=verify-full&sslrootcert=/no/such&sslpassword="+url.QueryEscape(password))
		f.Add("user", password, "h:port", "app", "connect_timeout=x&target_session_attrs=any&pool_max_conns=-1")
	}
	f.Fuzz(func(t *testing.T, user, password, host, database, query string) {
		for _, dsn := range []string{
			(&url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: host, Path: "/" + database, RawQuery: query}).String(),
			"postgresql://" + user + ":" + password + "@" + host + "/" + database + "?" + query,
		} {
			src, finding := parseDSN(dsn)
			told := ""
			if finding != nil {
				if finding.Code != errcatalog.DF403 && finding.Code != errcatalog.DF406 {
					t.Errorf("%q: %v", dsn, finding.Code)
				}
				told = errcatalog.NewEnhancer(errcatalog.EnhancerConfig{}).Error(*finding).Error()
			} else {
				if src.postgres == nil || src.postgres.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
					t.Errorf("%q is taken as %+v", dsn, src)
				}
				secret := src.postgres.ConnConfig.Password
				told = src.String() + src.scrub(fmt.Sprintf("it says %q, %s and %s", "x", url.QueryEscape(secret), secret))
				password = secret
			}
			// What else stands there may look like it.
			others := strings.Join([]string{user, host, database, query, "xxxxx postgres://user:password@localhost:5432/app DF-403 Documentation"}, " ")
			if len(password) > 5 && !strings.Contains(others, password) && !strings.Contains(password, "xxxxx") && strings.Contains(told, password) {
				t.Errorf("%q tells %q in\n%s", dsn, password, told)
			}
		}
	})
}
