//go:build !windows

package secret

import "os"

// openTerminal opens the terminal the program was started from.
func openTerminal() (*terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &terminal{tty, tty}, nil
}
