package errcatalog

// LoadError is what reading the embedded catalogue fails with.
func LoadError() error {
	_, err := load(source)
	return err
}
