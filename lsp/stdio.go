package lsp

import "io"

// Stdio joins a process's input and output to the stream that Serve takes.
// Closing it ends a Read that waits, which closing os.Stdin would not; the
// goroutine behind it stays until in ends.
func Stdio(in io.Reader, out io.Writer) io.ReadWriteCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err) // a nil error is io.EOF to the reader
	}()
	return &stdio{PipeReader: r, out: out}
}

type stdio struct {
	*io.PipeReader
	out io.Writer
}

func (s *stdio) Write(p []byte) (int, error) { return s.out.Write(p) }
