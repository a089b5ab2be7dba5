package keyfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(path, data string, opt WriteOptions) (string, error) {
	return Write(context.Background(), path, []byte(data), opt)
}

func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name    string
		private bool
		mode    fs.FileMode
	}{{"key", true, 0o600}, {"key.pub", false, 0o644}} {
		path := filepath.Join(dir, c.name)
		var checked string
		backup, err := write(path, "the bytes", WriteOptions{Private: c.private, Check: func(b []byte) error {
			checked = string(b)
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the name was taken before the check")
			}
			return nil
		}})
		if err != nil || backup != "" {
			t.Fatalf("backup %q, %v", backup, err)
		}
		if checked != "the bytes" {
			t.Errorf("Check was given %q", checked)
		}
		wantFile(t, path, "the bytes", c.mode)
	}
	wantNames(t, dir, "key", "key.pub")
}

func TestWriteRefusesExisting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "old", 0o600)
	_, err := write(path, "new", WriteOptions{Private: true})
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.Path != path || !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want an ExistsError of %s", err, path)
	}
	wantFile(t, path, "old", 0o600)
	wantNames(t, dir, "key")
}

func TestWriteForceKeepsBackups(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "0", 0o600)
	for i, name := range []string{".bak", ".bak.1", ".bak.2"} {
		next := string(rune('1' + i))
		backup, err := write(path, next, WriteOptions{Private: true, Force: true})
		if err != nil || backup != path+name {
			t.Fatalf("backup %q, %v; want %s", backup, err, path+name)
		}
		wantFile(t, path, next, 0o600)
	}
	wantFile(t, path+".bak", "0", 0o600)
	wantFile(t, path+".bak.1", "1", 0o600)
	wantFile(t, path+".bak.2", "2", 0o600)
	wantNames(t, dir, "key", "key.bak", "key.bak.1", "key.bak.2")
}

func TestWriteForceWithoutOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if backup, err := write(path, "new", WriteOptions{Private: true, Force: true}); err != nil || backup != "" {
		t.Fatalf("backup %q, %v", backup, err)
	}
	wantFile(t, path, "new", 0o600)
	wantNames(t, dir, "key")
}

func TestWriteModeOfReplacedFile(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name      string
		private   bool
		old, want fs.FileMode
	}{
		{"wide-private", true, 0o644, 0o600},
		{"narrow-private", true, 0o400, 0o600},
		{"narrow-public", false, 0o600, 0o600},
		{"group-public", false, 0o664, 0o664},
	} {
		path := filepath.Join(dir, c.name)
		writeFile(t, path, "old", c.old)
		backup, err := write(path, "new", WriteOptions{Private: c.private, Force: true})
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "new", c.want)
		wantFile(t, backup, "old", c.old)
	}
}

var errCheck = errors.New("another key")

func TestWriteFailedCheckChangesNothing(t *testing.T) {
	for _, old := range []string{"", "old"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "key")
		want := []string{}
		if old != "" {
			writeFile(t, path, old, 0o600)
			want = append(want, "key")
		}
		_, err := write(path, "new", WriteOptions{Private: true, Force: true, Check: func([]byte) error { return errCheck }})
		if err != errCheck {
			t.Errorf("error %v, want that of Check", err)
		}
		wantNames(t, dir, want...)
		if old != "" {
			wantFile(t, path, old, 0o600)
		}
	}
}

func TestWritePanicChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "old", 0o600)
	func() {
		defer func() {
			if recover() != "bug" {
				t.Error("the panic was swallowed")
			}
		}()
		write(path, "new", WriteOptions{Private: true, Force: true, Check: func([]byte) error { panic("bug") }})
	}()
	wantFile(t, path, "old", 0o600)
	wantNames(t, dir, "key")
}

// An interrupt before the last file is in place leaves the old ones and nothing
// else.
func TestWriteInterrupted(t *testing.T) {
	for _, at := range []step{stepCreated, stepChecked, stepKept, stepMoved} {
		dir := t.TempDir()
		key, pub := filepath.Join(dir, "key"), filepath.Join(dir, "key.pub")
		writeFile(t, key, "old", 0o600)
		ctx, cancel := context.WithCancel(context.Background())
		tr := &transaction{ctx: ctx, reached: func(s step) {
			if s == at {
				cancel()
			}
		}}
		_, err := tr.run([]File{
			{key, []byte("new"), WriteOptions{Private: true, Force: true}},
			{pub, []byte("new"), WriteOptions{}},
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %s: %v, want context.Canceled", at, err)
		}
		wantFile(t, key, "old", 0o600)
		wantNames(t, dir, "key")
	}
}

func TestWriteBadPlaces(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "file"), "", 0o600)
	for _, c := range []struct {
		path string
		want error
	}{
		{dir, ErrDirectory},
		{filepath.Join(dir, "no", "key"), fs.ErrNotExist},
		{"", fs.ErrNotExist},
		{filepath.Join(dir, "no") + string(filepath.Separator), fs.ErrNotExist},
	} {
		for _, force := range []bool{false, true} {
			if _, err := write(c.path, "new", WriteOptions{Force: force}); !errors.Is(err, c.want) {
				t.Errorf("%q, force %v: %v, want %v", c.path, force, err, c.want)
			}
		}
	}
	if _, err := write(filepath.Join(dir, "file", "key"), "new", WriteOptions{}); err == nil {
		t.Error("a file was taken for a folder")
	}
	wantNames(t, dir, "file")
}

// Something takes the name while the file is being prepared.
func TestWriteNeverClobbers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for _, force := range []bool{false, true} {
		_, err := write(path, "new", WriteOptions{Private: true, Force: force, Check: func([]byte) error {
			writeFile(t, path, "theirs", 0o600)
			return nil
		}})
		var exists *ExistsError
		if !errors.As(err, &exists) {
			t.Errorf("force %v: %v, want an ExistsError", force, err)
		}
		wantFile(t, path, "theirs", 0o600)
		wantNames(t, dir, "key")
		os.Remove(path)
	}
}

func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	key, pub := filepath.Join(dir, "key"), filepath.Join(dir, "key.pub")
	writeFile(t, pub, "old public", 0o644)
	written, err := WriteAll(context.Background(), []File{
		{key, []byte("private"), WriteOptions{Private: true}},
		{pub, []byte("public"), WriteOptions{Force: true}},
	})
	if err != nil || len(written) != 2 || written[0] != (Written{key, ""}) || written[1] != (Written{pub, pub + ".bak"}) {
		t.Fatalf("written %v, %v", written, err)
	}
	wantFile(t, key, "private", 0o600)
	wantFile(t, pub, "public", 0o644)
	wantFile(t, pub+".bak", "old public", 0o644)
	wantNames(t, dir, "key", "key.pub", "key.pub.bak")
}

func TestWriteAllRefusesUpFront(t *testing.T) {
	dir := t.TempDir()
	key, pub := filepath.Join(dir, "key"), filepath.Join(dir, "key.pub")
	writeFile(t, pub, "old public", 0o644)
	touched := false
	tr := &transaction{ctx: context.Background(), reached: func(step) { touched = true }}
	_, err := tr.run([]File{{key, []byte("private"), WriteOptions{Private: true}}, {pub, []byte("public"), WriteOptions{}}})
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.Path != pub || touched {
		t.Errorf("error %v, disk touched: %v", err, touched)
	}
	_, err = tr.run([]File{{key, []byte("1"), WriteOptions{}}, {dir + "/./key", []byte("2"), WriteOptions{}}})
	if err == nil || !strings.Contains(err.Error(), "twice") || touched {
		t.Errorf("one file written twice: %v, disk touched: %v", err, touched)
	}
	wantNames(t, dir, "key.pub")
}

// When a later file cannot be moved, those before it are taken back.
func TestWriteAllUndoes(t *testing.T) {
	dir := t.TempDir()
	old, fresh, blocked := filepath.Join(dir, "old"), filepath.Join(dir, "fresh"), filepath.Join(dir, "blocked")
	writeFile(t, old, "old bytes", 0o640)
	moves := 0
	tr := &transaction{ctx: context.Background(), reached: func(s step) {
		if s == stepMoved {
			moves++
			if moves == 2 {
				writeFile(t, blocked, "theirs", 0o600)
			}
		}
	}}
	_, err := tr.run([]File{
		{old, []byte("1"), WriteOptions{Private: true, Force: true}},
		{fresh, []byte("2"), WriteOptions{Private: true}},
		{blocked, []byte("3"), WriteOptions{}},
	})
	if !errors.Is(err, fs.ErrExist) || moves != 2 {
		t.Errorf("error %v after %d moves", err, moves)
	}
	wantFile(t, old, "old bytes", 0o640)
	wantFile(t, blocked, "theirs", 0o600)
	wantNames(t, dir, "old", "blocked")
}

// The bytes at the final name are proved too; what is wrong is taken back.
func TestWriteProvesFinalFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "old", 0o600)
	tr := &transaction{ctx: context.Background(), reached: func(s step) {
		if s == stepMoved {
			writeFile(t, path, "damaged", 0o600)
		}
	}}
	_, err := tr.run([]File{{path, []byte("new"), WriteOptions{Private: true, Force: true}}})
	if err == nil {
		t.Error("damage after the move went unnoticed")
	}
	wantFile(t, path, "old", 0o600)
	wantNames(t, dir, "key")
}

// The move itself fails when the backup is made already.
func TestWriteFailedMove(t *testing.T) {
	for _, c := range []struct {
		name   string
		meddle func(dir string)
		want   []string
	}{
		{"nothing to move", func(dir string) {
			temps, _ := filepath.Glob(filepath.Join(dir, ".sshkeys-*"))
			for _, temp := range temps {
				os.Remove(temp)
			}
		}, []string{"key"}},
		// The backup is then the only copy of the old file, and stays.
		{"old file gone", func(dir string) {
			os.Remove(filepath.Join(dir, "key"))
			os.Mkdir(filepath.Join(dir, "key"), 0o700)
		}, []string{"key", "key.bak"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			key := filepath.Join(dir, "key")
			writeFile(t, key, "old", 0o600)
			tr := &transaction{ctx: context.Background(), reached: func(s step) {
				if s == stepKept {
					c.meddle(dir)
				}
			}}
			_, err := tr.run([]File{{key, []byte("new"), WriteOptions{Private: true, Force: true}}})
			if err == nil {
				t.Fatal("no error")
			}
			wantNames(t, dir, c.want...)
			old := filepath.Join(dir, c.want[len(c.want)-1])
			wantFile(t, old, "old", 0o600)
			if len(c.want) > 1 && !strings.Contains(err.Error(), old) {
				t.Errorf("error %v does not tell where the old file is", err)
			}
		})
	}
}

// Errors name the file a person asked for and show none of its bytes.
func TestWriteErrorsAreClean(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	tr := &transaction{ctx: context.Background(), reached: func(s step) {
		if s == stepMoved {
			writeFile(t, path, "SECRET-damaged", 0o600)
		}
	}}
	_, err := tr.run([]File{{path, []byte("SECRET-bytes--"), WriteOptions{Private: true}}})
	var perr *fs.PathError
	if !errors.As(err, &perr) || perr.Path != path || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("error %v, want a PathError of %s without content", err, path)
	}
}
