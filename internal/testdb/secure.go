//go:build unix

package testdb

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A SecureSrv is a server as production has it: it is reached over TCP, and takes
// nobody without a password or a certificate. Over TLS it shows a certificate for
// the name localhost, but not for 127.0.0.1.
type SecureSrv struct {
	*Srv
	Port     string
	Password string // of the user "owner"
	// CA signed the server's certificate, StrangeCA signed none. ClientCert and
	// ClientKey are of the user "bearer", who has no password. All are PEM files.
	CA, StrangeCA, ClientCert, ClientKey string
}

// Secure starts such a server for t alone; with tls false it speaks no TLS.
func Secure(t testing.TB, tls bool) *SecureSrv {
	t.Helper()
	s, err := startSecure(t.TempDir(), tls)
	if s != nil {
		t.Cleanup(func() {
			if err := s.folder.remove(); err != nil {
				t.Errorf("cannot end the test's PostgreSQL server: %v", err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// DSN is the URL of the database postgres for "owner", by a host name and with
// parameters such as sslmode.
func (s *SecureSrv) DSN(host string, params url.Values) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("owner", s.Password), Host: net.JoinHostPort(host, s.Port),
		Path: "/postgres", RawQuery: params.Encode(),
	}
	return u.String()
}

func startSecure(dir string, tls bool) (*SecureSrv, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	server, err := start(durable)
	if err != nil {
		return nil, err
	}
	s := &SecureSrv{
		Srv: server, Port: fmt.Sprint(port), Password: "p@ss%/" + rand.Text(),
		CA: filepath.Join(dir, "ca.pem"), StrangeCA: filepath.Join(dir, "strange.pem"),
		ClientCert: filepath.Join(dir, "client.pem"), ClientKey: filepath.Join(dir, "client.key"),
	}
	u, err := url.Parse(server.DSN())
	if err != nil {
		return s, err
	}
	for _, statement := range []string{"CREATE ROLE owner SUPERUSER LOGIN PASSWORD '" + s.Password + "'", "CREATE ROLE bearer LOGIN"} {
		if err := admin(u, statement); err != nil {
			return s, err
		}
	}
	host := "host"
	server.mode = append(mode{"listen_addresses='127.0.0.1'", "port=" + s.Port}, durable...)
	if tls {
		host = "hostssl"
		server.mode = append(server.mode, "ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "ssl_ca_file=ca.crt")
		if err := s.certify(); err != nil {
			return s, err
		}
	}
	rules := host + " all owner 127.0.0.1/32 scram-sha-256\n"
	if tls {
		rules += "hostssl all bearer 127.0.0.1/32 cert\n"
	}
	if err := server.write("pg_hba.conf", []byte(rules)); err != nil {
		return s, err
	}
	return s, server.Restart()
}

// certify makes the authority and what it signs.
func (s *SecureSrv) certify() error {
	ca, err := newAuthority("the tests' authority")
	if err != nil {
		return err
	}
	strange, err := newAuthority("a strange authority")
	if err != nil {
		return err
	}
	serverCert, serverKey, err := ca.sign("localhost", x509.ExtKeyUsageServerAuth)
	if err != nil {
		return err
	}
	clientCert, clientKey, err := ca.sign("bearer", x509.ExtKeyUsageClientAuth)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"server.crt": serverCert, "server.key": serverKey, "ca.crt": ca.pem} {
		err = errors.Join(err, s.write(name, data))
	}
	for path, data := range map[string][]byte{s.CA: ca.pem, s.StrangeCA: strange.pem, s.ClientCert: clientCert, s.ClientKey: clientKey} {
		err = errors.Join(err, os.WriteFile(path, data, 0o600))
	}
	return err
}

// write puts a file into the server's data, as its user wants it.
func (s *Srv) write(name string, data []byte) error {
	path := filepath.Join(s.data(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if c := s.user.credential; c != nil {
		return os.Chown(path, int(c.Uid), int(c.Gid))
	}
	return nil
}

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key, encodePEM("CERTIFICATE", der)}, err
}

// sign makes a certificate for a host or a user, and its key, both as PEM.
func (a *authority) sign(name string, usage x509.ExtKeyUsage) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.cert, &k.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	return encodePEM("CERTIFICATE", der), encodePEM("PRIVATE KEY", keyDER), err
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
