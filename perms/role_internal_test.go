package perms

import "testing"

func TestWorthReading(t *testing.T) {
	for _, c := range []struct {
		path string
		size int64
		want bool
	}{
		{"id_rsa", 1700, true}, {"key", 400, true}, {"lab.pem", 400, true}, {"/a/lab.PPK", 1500, true}, {"lab.der", 48, true},
		{"id_rsa.2024-05-01", 1700, true}, {"id_rsa.bak", 1700, true}, {"id_rsa.c", 1700, true}, {"lab.pub", 80, true},
		{"gw.example.org", 1700, true}, {".hidden", 1700, true}, {"key.", 1700, true}, {"lab.thisendingisunknown", 1700, true},
		{`C:\data\lab`, 400, true}, {"/a.csv/lab", 400, true}, {`C:\a.csv\lab`, 400, true}, {"lab.key", 400, true}, {"lab.conf", 400, true},
		// endings that say little
		{"notes.txt", 400, false}, {"my-KEY.txt", 400, true}, {"秘密鍵.txt", 400, true}, {"id_rsa.txt", 400, true}, {"run.log", 400, false},
		{"server_rsa.doc", 400, true}, {"Private.dat", 400, true}, {"identity.TXT", 400, true}, {"x.out", 400, false},
		// other things
		{"reads.fastq", 400, false}, {"reads.fastq.gz", 400, false}, {"A.BAM", 400, false}, {"table.csv", 400, false}, {"main.go", 400, false},
		{"key.json", 400, false}, {"paper.pdf", 400, false}, {"fig.PNG", 400, false}, {"x.tar.xz", 400, false}, {"a/b.o", 400, false}, {`a\b.dll`, 400, false},
		// sizes
		{"id_rsa", 39, false}, {"id_rsa", 0, false}, {"key", 40, true}, {"key", 64 << 10, true}, {"key", 64<<10 + 1, false},
		// ssh's own folder
		{"/home/a/.ssh/table.csv", 0, true}, {`C:\Users\a\.SSH\x.log`, 1 << 30, true}, {".ssh/deep/x.gz", 3, true}, {"/a/.sshx/x.gz", 400, false},
		{"", 400, true},
	} {
		if got := worthReading(c.path, c.size); got != c.want {
			t.Errorf("%s of %d bytes: %v, want %v", c.path, c.size, got, c.want)
		}
	}
}

// names are what a folder of data holds, the slowest decisions among them.
var names = []string{
	"/lab/data/run17/sample_0001_R1.fastq.gz", "/lab/data/run17/README", "/lab/data/run17/notes about the samples.txt",
	`C:\Users\taro\Documents\lab\figure 1.PNG`, "/lab/src/tool/main.go", "/lab/x/thing.unknown", "/home/taro/.ssh/config", "lab_key.txt",
}

func TestWorthReadingAllocatesNothing(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		for _, name := range names {
			worthReading(name, 1000)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWorthReading(b *testing.B) {
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		worthReading(names[i%len(names)], 1000)
	}
}
