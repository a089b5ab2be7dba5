//go:build !windows

package perms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// made writes a file of exactly that mode, whatever the umask.
func made(t *testing.T, path, text string, mode uint32) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode)
	return path
}

func chmod(t *testing.T, path string, mode uint32) {
	t.Helper()
	if err := unix.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func madeDir(t *testing.T, path string, mode uint32) string {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode)
	return path
}

func linked(t *testing.T, to, path string) string {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// realDir is a temporary directory without links in its path.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func modeOf(t *testing.T, path string) uint32 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return uint32(st.Mode) & 0o7777
}

// opened opens an object, and closes it at the end.
func opened(t *testing.T, path string) *object {
	t.Helper()
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	return o
}

// held is the same without opening the file, as for one that cannot be read.
func held(t *testing.T, path string) *object {
	t.Helper()
	dir, name, err := openParent(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeParent(dir)
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	h, err := hold(dir, name, &st)
	if err != nil {
		t.Fatal(err)
	}
	o, err := newObject(path, path, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	return o
}

var ways = map[string]func(*testing.T, string) *object{"opened": opened, "held": held}

func mode(m uint32) Change { return Change{Mode: &m} }

func TestObjectFacts(t *testing.T) {
	dir := realDir(t)
	file := made(t, filepath.Join(dir, "file"), "text", 0o4640)
	link := linked(t, "file", filepath.Join(dir, "link"))
	linkedDir := linked(t, ".", filepath.Join(dir, "again"))
	for _, c := range []struct {
		path, target string
		kind         Kind
		mode         uint32
	}{
		{file, "", File, 0o4640},
		{link, file, File, 0o4640},
		{filepath.Join(linkedDir, "file"), file, File, 0o4640},
		{dir, "", Directory, modeOf(t, dir)},
		{linkedDir, dir, Directory, modeOf(t, dir)},
		{"/", "", Directory, modeOf(t, "/")},
	} {
		o := opened(t, c.path)
		if o.Path != c.path || o.Target != c.target || o.Kind != c.kind || o.Posix.Mode != c.mode {
			t.Errorf("%s: path %q, target %q, kind %q, mode %04o; want target %q, kind %q, mode %04o",
				c.path, o.Path, o.Target, o.Kind, o.Posix.Mode, c.target, c.kind, c.mode)
		}
		if o.Posix.UID != os.Getuid() && c.path != "/" {
			t.Errorf("%s: owner %d, want %d", c.path, o.Posix.UID, os.Getuid())
		}
	}
	t.Chdir(dir)
	if o := opened(t, "file"); o.Path != file {
		t.Errorf("path of a relative name: %q, want %q", o.Path, file)
	}
}

func TestObjectThatCannotBeOpened(t *testing.T) {
	dir := realDir(t)
	loop := linked(t, "loop", filepath.Join(dir, "loop"))
	dangling := linked(t, "nowhere", filepath.Join(dir, "dangling"))
	for path, want := range map[string]error{
		filepath.Join(dir, "nothing"): fs.ErrNotExist,
		dangling:                      fs.ErrNotExist,
		loop:                          syscall.ELOOP,
	} {
		var pathErr *fs.PathError
		if _, err := openObject(path); !errors.Is(err, want) || !errors.As(err, &pathErr) || pathErr.Path != path {
			t.Errorf("%s: error %v, want a *fs.PathError of %v", path, err, want)
		}
	}
}

// What was judged is what is changed, whatever has its name by then.
func TestApplyAfterSwap(t *testing.T) {
	for how, open := range ways {
		t.Run(how, func(t *testing.T) {
			dir := realDir(t)
			victim := made(t, filepath.Join(dir, "victim"), "other", 0o644)
			key := made(t, filepath.Join(dir, "key"), "mine", 0o644)
			o := open(t, key)
			if err := os.Rename(key, key+".moved"); err != nil {
				t.Fatal(err)
			}
			linked(t, victim, key)
			err := o.apply(mode(0o600))
			if got := modeOf(t, victim); got != 0o644 {
				t.Errorf("the other file has mode %04o now", got)
			}
			if o.fd < 0 { // by its name it cannot be found any more, and that is said
				if !errors.Is(err, errSwapped) {
					t.Errorf("error %v, want %v", err, errSwapped)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := modeOf(t, key+".moved"); got != 0o600 {
				t.Errorf("the file itself has mode %04o, want 0600", got)
			}
		})
	}
}

// A file that is exchanged between looking and opening is not taken for the one
// that was looked at.
func TestSwapBeforeOpening(t *testing.T) {
	dir := realDir(t)
	key := made(t, filepath.Join(dir, "key"), "mine", 0o644)
	other := made(t, filepath.Join(dir, "other"), "other", 0o644)
	var st unix.Stat_t
	if err := unix.Lstat(key, &st); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, key); err != nil {
		t.Fatal(err)
	}
	h, err := openSeen(unix.AT_FDCWD, key, &st)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newObject(key, key, h); !errors.Is(err, errSwapped) {
		t.Errorf("another file: error %v, want %v", err, errSwapped)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	linked(t, "/etc/passwd", key)
	if _, err := openSeen(unix.AT_FDCWD, key, &st); err == nil {
		t.Error("a link was followed")
	}
}

func TestApplyAndRestore(t *testing.T) {
	for how, open := range ways {
		for _, before := range []uint32{0o000, 0o200, 0o644, 0o777, 0o4755, 0o1600} {
			path := made(t, filepath.Join(realDir(t), "file"), "text", before)
			o := open(t, path)
			st, err := o.state()
			if err != nil {
				t.Fatal(err)
			}
			if err := o.apply(mode(0o600)); err != nil {
				t.Fatal(err)
			}
			if again, err := o.look(); err != nil || again.Posix.Mode != 0o600 || modeOf(t, path) != 0o600 {
				t.Errorf("%s %04o: after chmod %v, %v; want 0600", how, before, again.Posix, err)
			}
			if err := o.restore(st); err != nil {
				t.Errorf("%s %04o: %v", how, before, err)
			}
			if got := modeOf(t, path); got != before {
				t.Errorf("%s %04o: restored to %04o", how, before, got)
			}
		}
	}
}

func TestRestoreOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for chown")
	}
	path := made(t, filepath.Join(realDir(t), "file"), "text", 0o644)
	if err := os.Chown(path, 7001, 7002); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, 0o6755) // chown takes both bits away
	o := opened(t, path)
	st, err := o.state()
	if err != nil {
		t.Fatal(err)
	}
	o.Account = Account{UID: 7003, Home: filepath.Dir(path)}
	owner := 7003
	if err := o.apply(Change{Owner: &owner}); err != nil {
		t.Fatal(err)
	}
	if f, err := o.look(); err != nil || f.Posix.UID != 7003 || f.Posix.GID != 7002 {
		t.Errorf("after chown: %+v, %v", f.Posix, err)
	}
	if err := o.restore(st); err != nil {
		t.Fatal(err)
	}
	if f, err := o.look(); err != nil || f.Posix.UID != 7001 || f.Posix.GID != 7002 || f.Posix.Mode != 0o6755 {
		t.Errorf("after restore: %+v, %v", f.Posix, err)
	}
}

// Root must not be led to change, or to give away, another's file.
func TestGuard(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for files of others")
	}
	dir := realDir(t)
	home := madeDir(t, filepath.Join(dir, "home"), 0o755)
	others := made(t, filepath.Join(dir, "others"), "text", 0o644)
	link := linked(t, others, filepath.Join(home, "link"))
	hard := filepath.Join(home, "hard")
	if err := os.Link(others, hard); err != nil {
		t.Fatal(err)
	}
	inside := made(t, filepath.Join(home, "inside"), "text", 0o644)
	own := made(t, filepath.Join(dir, "own"), "text", 0o644)
	if err := os.Chown(own, 7001, 7001); err != nil {
		t.Fatal(err)
	}
	for path, refused := range map[string]bool{link: true, hard: true, inside: false, own: false} {
		o := opened(t, path)
		o.Account = Account{UID: 7001, Home: home}
		owner := 7001
		err := o.apply(Change{Owner: &owner, Mode: mode(0o600).Mode})
		if errors.Is(err, errForeign) != refused {
			t.Errorf("%s: error %v, refused is to be %v", filepath.Base(path), err, refused)
		}
	}
	var st unix.Stat_t
	if err := unix.Stat(others, &st); err != nil || st.Uid != 0 || st.Mode&0o7777 != 0o644 {
		t.Errorf("the other's file: owner %d, mode %04o, %v", st.Uid, st.Mode&0o7777, err)
	}
}

// No pipe is waited for, and no device woken.
func TestSpecialFiles(t *testing.T) {
	dir := realDir(t)
	fifo := filepath.Join(dir, "id_rsa")
	if err := unix.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	o := opened(t, fifo)
	if o.Kind != Special || o.Posix.Mode&^0o022 != 0o644&^0o022 {
		t.Errorf("fifo: kind %q, mode %04o", o.Kind, o.Posix.Mode)
	}
	if o := opened(t, "/dev/null"); o.Kind != Special {
		t.Errorf("/dev/null: kind %q", o.Kind)
	}
	if fd, err := unix.Open(fifo, unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
		unix.Close(fd)
		t.Error("somebody reads the pipe")
	}
}

func TestIDAndUndo(t *testing.T) {
	dir := realDir(t)
	path := made(t, filepath.Join(dir, "file"), "text", 0o640)
	o := opened(t, path)
	id, err := o.id()
	if err != nil {
		t.Fatal(err)
	}
	st, err := o.state()
	if err != nil {
		t.Fatal(err)
	}
	record := Record{Path: path, ID: id, Before: st}
	chmod(t, path, 0o600)
	if err := Undo(record); err != nil || modeOf(t, path) != 0o640 {
		t.Errorf("undone: %v, mode %04o", err, modeOf(t, path))
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	made(t, path, "another", 0o600)
	if err := Undo(record); !errors.Is(err, ErrReplaced) {
		t.Errorf("another file of that name: %v, want ErrReplaced", err)
	}
	if got := modeOf(t, path); got != 0o600 {
		t.Errorf("another file of that name has mode %04o now", got)
	}
}
